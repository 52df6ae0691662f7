#include "fabric/lint.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/mentions.hpp"
#include "fabric/presets.hpp"
#include "specs/scanner.hpp"

namespace launch::fabric {
namespace {

using Severity = Finding::Severity;

bool matches_one(std::string_view name, std::string_view entry, bool exact) {
  const auto wanted = entry.substr(0, entry.find(':'));
  return !wanted.empty() && (exact ? name == wanted : name.starts_with(wanted));
}

struct List {
  bool excludes = false;
  bool exact = false;
  std::vector<std::string_view> entries;
};

List read_list(std::string_view text) {
  List list;
  list.excludes = text.starts_with('^');
  if (list.excludes) text.remove_prefix(1);
  list.exact = text.starts_with('=');
  if (list.exact) text.remove_prefix(1);
  list.entries = split(text, ',');
  return list;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  names.reserve(known_variables().size());
  for (const auto& each : known_variables()) names.push_back(each.name);
  return names;
}

/// Clouds ask for some variables that NCCL's guide calls debugging.
bool a_platform_sets(std::string_view name, std::string_view value) {
  return std::any_of(presets().begin(), presets().end(), [&](const Preset& preset) {
    return std::any_of(preset.rows.begin(), preset.rows.end(),
                       [&](const PresetRow& row) { return row.variable == name && row.value == value; });
  });
}

/// What else a device's name without "=" matches, as the end of "… is a prefix that …"; nullopt: nothing.
std::optional<std::string> prefix_of_devices(std::string_view name) {
  const auto stem = name.substr(0, name.find_last_not_of("0123456789") + 1);
  if (stem == "mlx") return fmt::format("matches {0}_0 and {0}_1", name == stem ? "mlx5" : name);
  const bool counted = stem.ends_with('_') || stem == "bnxt_re";  // mlx5_0, bnxt_re0: no number begins with 0
  if (stem == name) return fmt::format("matches {0}{1}0 and {0}{1}1", name, counted ? "" : "_");
  if (counted && name.substr(stem.size()) == "0") return std::nullopt;
  return fmt::format("also matches {}0", name);
}

std::optional<std::string> prefix_of_interfaces(std::string_view name) {
  return specs::is_digit(name.back()) ? fmt::format("also matches {}.100", name)
                                      : fmt::format("matches {0}0 and {0}1", name);
}

class Linter {
 public:
  Linter(const NcclVersion& version, const Topology* topology) : version_(version), topology_(topology) {}

  void judge(const Mention& mention) {
    line_ = mention.line;
    if (!mention.problem.empty()) return error(mention.problem);
    const auto* known = known_variable(mention.name);
    if (known == nullptr || known->until) {
      if (judge_unknown(mention.name, known)) return;
    }
    if (known == nullptr) return;
    if (version_ < known->since) {
      warn(fmt::format("NCCL {} does not read {} (added in {})", version_.text(), mention.name,
                       known->since.text()));
    }
    if (!mention.value) return;
    if (const auto problem = bad_value(*known, *mention.value)) {
      return error(fmt::format("{}: {}", mention.name, *problem));
    }
    judge_list(*known, *mention.value);
    judge_debugging(*known, *mention.value);
  }

  std::vector<Finding> findings;

 private:
  void error(std::string text) { findings.push_back({line_, Severity::error, std::move(text)}); }
  void warn(std::string text) { findings.push_back({line_, Severity::warning, std::move(text)}); }

  /// True if that is all there is to say.
  bool judge_unknown(const std::string& name, const KnownVariable* known) {
    if (known != nullptr && known->known_by(version_)) return false;
    const auto* other = other_name(name);
    if (other != nullptr && !other->read_by.empty()) return true;
    const auto advice = other == nullptr ? "" : "; " + other->advice;
    if (known != nullptr && known->until && version_ >= *known->until) {
      error(fmt::format("NCCL stopped reading {} in {}{}", name, known->until->text(), advice));
      return true;
    }
    if (known != nullptr) return false;
    if (other != nullptr) {
      error(fmt::format("NCCL never reads {}{}", name, advice));
      return true;
    }
    static const auto kNames = all_names();
    const auto near = did_you_mean(name, kNames);
    error(fmt::format("NCCL never reads {}{}", name, near ? fmt::format("; did you mean {}?", *near) : ""));
    return true;
  }

  void judge_list(const KnownVariable& known, const std::string& value) {
    const bool devices = known.values == "devices";
    if ((!devices && known.values != "interfaces") || value.empty()) return;
    const auto list = read_list(value);
    if (topology_ != nullptr) return compare_list(known.name, value, list, devices);
    if (list.exact) return;
    for (const auto entry : list.entries) {
      const auto name = entry.substr(0, entry.find(':'));
      if (name.empty()) continue;
      const auto example = devices ? prefix_of_devices(name) : prefix_of_interfaces(name);
      // "^docker" and "^mlx5" mean all of them.
      if (!example || (list.excludes && !(devices && example->starts_with("also")))) continue;
      warn(fmt::format("{}: {} is a prefix that {}; write exact names after \"{}\"", known.name,
                       in_quotes(name), *example, list.excludes ? "^=" : "="));
      return;
    }
  }

  void compare_list(const std::string& variable, const std::string& value, const List& list, bool devices) {
    std::vector<std::string> names;
    if (devices) {
      for (const auto& hca : topology_->hcas) names.push_back(hca.name);
    } else {
      for (const auto& nic : topology_->nics) names.push_back(nic.name);
    }
    const auto what = devices ? "device" : "interface";
    if (matches(value, names).empty()) {
      return error(fmt::format("{}: {} matches no {} of this machine", variable, in_quotes(value), what));
    }
    for (const auto entry : list.entries) {
      const auto found = matches(fmt::format("{}{}", list.exact ? "=" : "", entry), names);
      if (list.excludes && (found.empty() || !specs::is_digit(entry.back()))) continue;
      if (found.empty() && !entry.empty()) {
        error(fmt::format("{}: {} matches no {} of this machine", variable, in_quotes(entry), what));
      } else if (found.size() > 1) {
        warn(fmt::format("{}: {} is a prefix that matches {}: {}; write exact names after \"{}\"", variable,
                         in_quotes(entry), count_of(found.size(), what), join_words(found),
                         list.excludes ? "^=" : "="));
      }
    }
  }

  void judge_debugging(const KnownVariable& known, const std::string& value) {
    if (known.name == "NCCL_DEBUG") {
      const auto level = to_lower(value);
      if (level == "info" || level == "trace") {
        warn(fmt::format("NCCL_DEBUG={} prints a lot from each rank: use WARN unless you are debugging",
                         value));
      }
    } else if (known.part == KnownVariable::Part::debugging && !a_platform_sets(known.name, value)) {
      warn(fmt::format("{} is a debugging variable, which NCCL's guide says not to keep in scripts",
                       known.name));
    }
  }

  NcclVersion version_;
  const Topology* topology_;
  std::size_t line_ = 0;
};

}  // namespace

std::vector<std::string> matches(std::string_view text, const std::vector<std::string>& names) {
  const auto list = read_list(text);
  std::vector<std::string> out;
  for (const auto& name : names) {
    const bool found = std::any_of(list.entries.begin(), list.entries.end(), [&](std::string_view entry) {
      return matches_one(name, entry, list.exact);
    });
    if (found != list.excludes) out.push_back(name);
  }
  return out;
}

std::vector<Finding> lint(std::string_view name, std::string_view text, const NcclVersion& version,
                          const Topology* topology) {
  Linter linter(version, topology);
  for (const auto& mention : find_mentions(kind_of_file(name, text), text)) linter.judge(mention);
  return std::move(linter.findings);
}

}  // namespace launch::fabric
