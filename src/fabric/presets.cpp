#include "fabric/presets.hpp"

#include <algorithm>
#include <charconv>

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

std::size_t count_in(const Topology& topology, std::string_view what) {
  if (what == "gpus") return topology.gpus.size();
  if (what == "efa" || what == "hcas") {
    const bool efa = what == "efa";
    return static_cast<std::size_t>(std::count_if(topology.hcas.begin(), topology.hcas.end(),
                                                  [&](const Hca& hca) { return hca.is_efa == efa; }));
  }
  const auto driver = what.substr(what.find(':') + 1);
  return static_cast<std::size_t>(std::count_if(topology.nics.begin(), topology.nics.end(),
                                                [&](const Nic& nic) { return nic.driver == driver; }));
}

bool holds(const Topology& topology, std::string_view condition) {
  const auto least = condition.find(">=");
  if (least != std::string_view::npos) {
    return count_in(topology, condition.substr(0, least)) >=
           parse_u64(condition.substr(least + 2)).value_or(UINT64_MAX);
  }
  const auto equals = condition.find('=');
  const auto key = condition.substr(0, equals);
  const auto value = condition.substr(equals + 1);
  if (key == "gpu") return has_gpu(topology, value);
  const auto& machine = topology.machine;
  const auto& text = key == "vendor" ? machine.vendor : key == "asset" ? machine.asset_tag : machine.product;
  return same(value, text);
}

bool fits(const Preset& preset, const Topology& topology) {
  if (preset.when == "-") return false;
  const auto conditions = split(preset.when, ';');
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](std::string_view each) { return holds(topology, trim(each)); });
}

Result<void> check_conditions(const Preset& preset) {
  if (preset.when == "-") return {};
  for (const auto part : split(preset.when, ';')) {
    const auto condition = trim(part);
    const auto key = condition.substr(0, condition.find_first_of(">="));
    constexpr std::string_view kKeys[] = {"vendor", "product", "asset", "gpu", "gpus", "efa", "hcas"};
    const bool known =
        std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys) || key.starts_with("driver:");
    if (!known || condition.size() == key.size()) {
      return fail(input_error(fmt::format("platforms.tsv: the row of {} has an unknown condition: {}",
                                          preset.name, in_quotes(condition))));
    }
  }
  return {};
}

std::vector<Preset> with_common() {
  return read_presets(kPlatformsText, kPresetsText).value();
}

const std::vector<Preset>& all_rows() {
  static const auto kAll = with_common();
  return kAll;
}

}  // namespace

Result<std::vector<Preset>> read_presets(std::string_view platforms, std::string_view presets) {
  std::vector<Preset> out = {{.name = std::string(kCommon), .title = "each machine", .when = "-"}};
  TRY_ASSIGN(const auto machines,
             read_table(platforms, "platforms.tsv", {"name", "title", "when", "source"}));
  for (const auto& row : machines) {
    out.push_back({.name = row[0], .title = row[1], .when = row[2], .source = row[3]});
    TRY(check_conditions(out.back()));
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
