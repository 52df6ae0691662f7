#include "fabric/presets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "fabric/tables.hpp"

namespace launch::fabric {
namespace {

constexpr std::string_view kCommon = "any";

bool same(std::string_view pattern, std::string_view text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

bool has_gpu(const Topology& topology, std::string_view ids) {
  const auto all = split(ids, '|');
  return std::any_of(topology.gpus.begin(), topology.gpus.end(), [&](const Gpu& gpu) {
    return std::find(all.begin(), all.end(), fmt::format("{:04x}", gpu.pci.device)) != all.end();
  });
}

std::size_t count_if_size(const auto& all, const auto& fits) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), fits));
}

struct ConditionName {
  std::string_view name;
  Condition::Of of;
  bool counts;
};
constexpr ConditionName kConditions[] = {
    {"vendor", Condition::Of::vendor, false}, {"product", Condition::Of::product, false},
    {"asset", Condition::Of::asset, false},   {"gpu", Condition::Of::gpu, false},
    {"gpus", Condition::Of::gpus, true},      {"efa", Condition::Of::efa, true},
    {"hcas", Condition::Of::hcas, true},      {"driver", Condition::Of::driver, true},
};

bool fits(const Preset& preset, const Topology& topology) {
  return !preset.conditions.empty() &&
         std::all_of(preset.conditions.begin(), preset.conditions.end(),
                     [&](const Condition& each) { return each.holds(topology); });
}

Result<std::vector<Condition>> read_conditions(const std::string& name, std::string_view text) {
  std::vector<Condition> out;
  if (text == "-") return out;
  for (const auto part : split(text, ';')) {
    auto condition = Condition::parse(trim(part));
    if (!condition) {
      return fail(input_error(fmt::format("platforms.tsv: the row of {} has an unknown condition: {}", name,
                                          in_quotes(trim(part)))));
    }
    out.push_back(*std::move(condition));
  }
  return out;
}

std::vector<Preset> with_common() {
  return read_presets(kPlatformsText, kPresetsText).value();
}

const std::vector<Preset>& all_rows() {
  static const auto kAll = with_common();
  return kAll;
}

}  // namespace

std::optional<Condition> Condition::parse(std::string_view text) {
  const auto sign = text.find_first_of(">=");
  if (sign == std::string_view::npos) return std::nullopt;
  const auto key = text.substr(0, sign);
  const auto colon = std::min(key.find(':'), key.size());
  const auto* found = std::find_if(std::begin(kConditions), std::end(kConditions),
                                   [&](const auto& each) { return each.name == key.substr(0, colon); });
  if (found == std::end(kConditions)) return std::nullopt;
  Condition condition{.of = found->of};
  if ((found->of == Of::driver) != (colon < key.size())) return std::nullopt;
  if (!found->counts) {
    if (text[sign] != '=') return std::nullopt;
    condition.value = text.substr(sign + 1);
    return condition;
  }
  if (!text.substr(sign).starts_with(">=")) return std::nullopt;
  const auto least = parse_u64(text.substr(sign + 2));
  if (!least) return std::nullopt;
  condition.least = *least;
  if (found->of == Of::driver) condition.value = key.substr(colon + 1);
  return condition;
}

bool Condition::holds(const Topology& topology) const {
  const auto& machine = topology.machine;
  switch (of) {
    case Of::vendor:
      return same(value, machine.vendor);
    case Of::product:
      return same(value, machine.product);
    case Of::asset:
      return same(value, machine.asset_tag);
    case Of::gpu:
      return has_gpu(topology, value);
    case Of::gpus:
      return topology.gpus.size() >= least;
    case Of::efa:
    case Of::hcas:
      return count_if_size(topology.hcas, [&](const Hca& hca) { return hca.is_efa == (of == Of::efa); }) >=
             least;
    case Of::driver:
      break;
  }
  return count_if_size(topology.nics, [&](const Nic& nic) { return nic.driver == value; }) >= least;
}

Result<std::vector<Preset>> read_presets(std::string_view platforms, std::string_view presets) {
  std::vector<Preset> out = {{.name = std::string(kCommon), .title = "each machine"}};
  TRY_ASSIGN(const auto machines,
             read_table(platforms, "platforms.tsv", {"name", "title", "when", "source"}));
  for (const auto& row : machines) {
    TRY_ASSIGN(auto conditions, read_conditions(row[0], row[2]));
    out.push_back({.name = row[0], .title = row[1], .conditions = std::move(conditions), .source = row[3]});
  }
  TRY_ASSIGN(const auto rows,
             read_table(presets, "presets.tsv", {"preset", "variable", "value", "reason", "source"}));
  for (const auto& row : rows) {
    const auto preset =
        std::find_if(out.begin(), out.end(), [&](const Preset& each) { return each.name == row[0]; });
    if (preset == out.end()) {
      return fail(input_error(fmt::format("presets.tsv: {} is not in platforms.tsv", in_quotes(row[0]))));
    }
    preset->rows.push_back({row[1], row[2] == "-" ? "" : row[2], row[3], row[4]});
  }
  return out;
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> kNamed(all_rows().begin() + 1, all_rows().end());
  return kNamed;
}

const std::vector<PresetRow>& common_rows() {
  return all_rows().front().rows;
}

const Preset* preset_of(std::string_view name) {
  const auto& all = presets();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Preset& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const Preset* preset_for(const Topology& topology) {
  const auto& all = presets();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Preset& each) { return fits(each, topology); });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> preset_files() {
  std::vector<std::string> out;
  for (const auto& preset : presets()) {
    for (const auto& row : preset.rows) {
      if (row.value.starts_with('/')) out.push_back(row.value);
    }
  }
  return out;
}

}  // namespace launch::fabric
