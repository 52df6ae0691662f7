// Answers questions about versions, specifiers, markers, requirements, tags, wheel names and names, one a
// line on stdin; compare_packaging.py puts the same questions to packaging. Fields are separated by tabs;
// "\\", "\t", "\n" and "\r" inside a field are escaped.
#include <compare>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/marker.hpp"
#include "specs/name.hpp"
#include "specs/requirement.hpp"
#include "specs/specifier.hpp"
#include "specs/tag.hpp"
#include "specs/version.hpp"
#include "specs/wheel.hpp"

namespace launch::specs {
namespace {

constexpr std::string_view kInvalid = "invalid";

std::string unescape(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    const char c = field[++i];
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
  }
  return out;
}

std::string escape(std::string text) {
  text = replace_all(std::move(text), "\\", "\\\\");
  text = replace_all(std::move(text), "\t", "\\t");
  text = replace_all(std::move(text), "\n", "\\n");
  return replace_all(std::move(text), "\r", "\\r");
}

using Fields = std::vector<std::string>;

Fields answer_version(const Fields& ask) {
  const auto version = Version::parse(ask.at(1));
  if (!version) return {std::string(kInvalid)};
  return {version->text(), version->public_text(), version->local(),
          fmt::format("{} {}", version->is_prerelease(), version->post().has_value())};
}

Fields answer_order(const Fields& ask) {
  const auto a = Version::parse(ask.at(1));
  const auto b = Version::parse(ask.at(2));
  if (!a || !b) return {std::string(kInvalid)};
  const auto order = *a <=> *b;
  return {std::is_lt(order) ? "<" : std::is_gt(order) ? ">" : "="};
}

Fields answer_specifier(const Fields& ask) {
  const auto set = SpecifierSet::parse(ask.at(1));
  if (!set) return {std::string(kInvalid)};
  Fields out = {set->text()};
  for (std::size_t i = 2; i < ask.size(); ++i) {
    const auto version = Version::parse(ask[i]).value();
    const bool matches = set->matches(version);
    out.push_back(
        fmt::format("{} {}", matches, matches && (!version.is_prerelease() || set->wants_prereleases())));
  }
  return out;
}

/// MARKER PYTHON PLATFORM EXTRAS: the extras are separated by commas.
Fields answer_marker(const Fields& ask) {
  const auto marker = Marker::parse(ask.at(1));
  if (!marker) return {std::string(kInvalid)};
  std::set<std::string> extras;
  for (const auto extra : split(ask.at(4), ',')) {
    if (!extra.empty()) extras.emplace(extra);
  }
  const auto environment =
      marker_environment(Interpreter::parse(ask.at(2)).value(), Platform::parse(ask.at(3)).value());
  return {marker->text(), fmt::format("{}", marker->evaluate(environment, extras))};
}

Fields answer_requirement(const Fields& ask) {
  const auto requirement = Requirement::parse(ask.at(1));
  if (!requirement) return {std::string(kInvalid)};
  return {requirement->name,
          fmt::format("{}", fmt::join(requirement->extras, ",")),
          requirement->specifier.text(),
          requirement->url.value_or(""),
          requirement->marker ? requirement->marker->text() : "",
          requirement->text()};
}

/// PYTHON PLATFORM GLIBC-MINOR
const std::vector<Tag>& tags_of(const std::string& python, const std::string& platform,
                                const std::string& glibc) {
  static std::map<std::string, std::vector<Tag>> known;
  const auto key = fmt::format("{} {} {}", python, platform, glibc);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const auto glibc_minor = static_cast<int>(parse_u64(glibc).value());
  return known[key] = supported_tags(
             {Interpreter::parse(python).value(), Platform::parse(platform).value(), glibc_minor});
}

Fields answer_tags(const Fields& ask) {
  Fields out;
  for (const auto& tag : tags_of(ask.at(1), ask.at(2), ask.at(3))) out.push_back(tag.text());
  return {fmt::format("{}", fmt::join(out, " "))};
}

Fields answer_wheel(const Fields& ask) {
  const auto wheel = WheelName::parse(ask.at(1));
  if (!wheel) return {std::string(kInvalid)};
  const auto compressed = CompressedTags::parse(wheel->tags).value();
  std::set<std::string> tags;
  for (const auto& python : compressed.pythons) {
    for (const auto& abi : compressed.abis) {
      for (const auto& platform : compressed.platforms) tags.insert(Tag{python, abi, platform}.text());
    }
  }
  const auto best = best_tag(wheel->tags, tags_of(ask.at(2), ask.at(3), ask.at(4)));
  return {wheel->name, wheel->version.text(), wheel->build, fmt::format("{}", fmt::join(tags, " ")),
          best ? std::to_string(*best) : "no"};
}

Fields answer_name(const Fields& ask) {
  return {normalize_name(ask.at(1)), fmt::format("{}", is_valid_name(ask.at(1)))};
}

int answer_all() {
  const std::map<std::string, Fields (*)(const Fields&)> answers = {
      {"version", answer_version}, {"order", answer_order}, {"specifier", answer_specifier},
      {"marker", answer_marker},   {"tags", answer_tags},   {"requirement", answer_requirement},
      {"wheel", answer_wheel},     {"name", answer_name},
  };
  std::string line;
  while (std::getline(std::cin, line)) {
    Fields ask;
    for (const auto field : split(line, '\t')) ask.push_back(unescape(field));
    Fields out = answers.at(ask.front())(ask);
    for (auto& field : out) field = escape(std::move(field));
    std::cout << join(out, "\t") << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace launch::specs

int main() {
  std::ios::sync_with_stdio(false);
  return launch::specs::answer_all();
}
