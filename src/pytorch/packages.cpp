#include "pytorch/packages.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "pytorch/tables.hpp"
#include "specs/version.hpp"
#include "specs/wheel.hpp"

namespace launch::pytorch {
namespace {

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::pair<std::string_view, Value>, N>& names,
                              std::string_view name) {
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<PackageRule> read_rule(const std::vector<std::string>& row) {
  using From = PackageRule::From;
  using Part = PackageRule::Part;
  constexpr std::array kFrom = {std::pair(std::string_view("channel"), From::channel),
                                std::pair(std::string_view("channel-first"), From::channel_first)};
  constexpr std::array kPart = {std::pair(std::string_view("toolkit"), Part::toolkit),
                                std::pair(std::string_view("triton"), Part::triton),
                                std::pair(std::string_view("torch"), Part::torch),
                                std::pair(std::string_view("other"), Part::other)};
  constexpr std::array kLibrary = {std::pair(std::string_view("yes"), true),
                                   std::pair(std::string_view("no"), false)};
  const auto from = value_of(kFrom, row[1]);
  const auto part = value_of(kPart, row[2]);
  const auto library = value_of(kLibrary, row[3]);
  if (!from || !part || !library) {
    return fail(input_error(fmt::format("packages.tsv: the row of {} has an unknown value: {}",
                                        in_quotes(row[0]), fmt::join(row, ", "))));
  }
  PackageRule rule{row[0], row[0].ends_with('*'), *from, *part, *library};
  if (rule.is_prefix) rule.name.pop_back();
  return rule;
}

}  // namespace

Result<std::vector<PackageRule>> read_package_rules(std::string_view text) {
  TRY_ASSIGN(const auto rows,
             read_table(text, "packages.tsv", {"name", "from", "part", "library", "source"}));
  std::vector<PackageRule> rules;
  for (const auto& row : rows) {
    TRY_ASSIGN(auto rule, read_rule(row));
    rules.push_back(std::move(rule));
  }
  return rules;
}

const std::vector<PackageRule>& package_rules() {
  static const auto kRules = read_package_rules(kPackagesText).value();
  return kRules;
}

PackageRule rule_of(std::string_view package) {
  for (const auto& rule : package_rules()) {
    if (rule.is_prefix ? package.starts_with(rule.name) : package == rule.name) return rule;
  }
  return {};
}

std::vector<std::string> library_names() {
  std::vector<std::string> names;
  for (const auto& rule : package_rules()) {
    if (rule.library) names.push_back(rule.name);
  }
  return names;
}

Result<std::vector<std::string>> read_known_names(std::string_view text) {
  TRY_ASSIGN(const auto rows, read_table(text, "known_names.tsv", {"name", "source"}));
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const auto& row : rows) names.push_back(row.front());
  return names;
}

const std::vector<std::string>& known_names() {
  static const auto kNames = read_known_names(kKnownNamesText).value();
  return kNames;
}

std::uint64_t tail_of_wheel(std::string_view file_name, std::uint64_t size) {
  constexpr std::uint64_t kSmallTorch = 50'000'000;  // before 1.0, and for other systems
  return file_name.starts_with("torch-") && size > kSmallTorch ? kTorchTail : 0;
}

std::optional<std::uint64_t> directory_of_wheel(std::string_view file_name) {
  constexpr std::uint64_t kSmall = std::uint64_t{416} << 10;
  constexpr std::uint64_t kLarge = std::uint64_t{1376} << 10;
  const auto wheel = specs::WheelName::parse(file_name);
  if (!wheel || wheel->name != "torch") return std::nullopt;
  static const auto kGrown = specs::Version::parse("1.11.dev0").value();
  return wheel->version < kGrown ? kSmall : kLarge;
}

}  // namespace launch::pytorch
