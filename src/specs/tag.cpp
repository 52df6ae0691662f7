#include "specs/tag.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

struct LegacyName {
  int glibc_minor;
  std::string_view name;
};

/// PEP 599, 571 and 513.
constexpr std::array<LegacyName, 3> kLegacyNames = {
    {{17, "manylinux2014"}, {12, "manylinux2010"}, {5, "manylinux1"}}};

/// The native tag, then PEP 600's from the target's glibc downwards, each followed by its legacy name.
std::vector<std::string> platforms(const Platform& platform, int glibc_minor) {
  const auto machine = platform.machine();
  const int oldest = platform.oldest_manylinux_glibc_minor();
  std::vector<std::string> out = {"linux_" + machine};
  for (int minor = glibc_minor; minor >= oldest; --minor) {
    out.push_back(fmt::format("manylinux_2_{}_{}", minor, machine));
    for (const auto& legacy : kLegacyNames) {
      if (legacy.glibc_minor == minor) out.push_back(fmt::format("{}_{}", legacy.name, machine));
    }
  }
  return out;
}

class TagList {
 public:
  TagList(Interpreter interpreter, std::vector<std::string> platforms)
      : interpreter_(interpreter), platforms_(std::move(platforms)) {}

  std::vector<Tag> take() && {
    const std::string own = fmt::format("cp3{}", interpreter_.minor);
    const std::string stable = interpreter_.free_threaded ? "abi3t" : "abi3";
    on_platforms(own, own + abi_flags());
    on_platforms(own, stable);
    on_platforms(own, "none");
    for (int minor = interpreter_.minor - 1; minor >= 2; --minor)
      on_platforms(fmt::format("cp3{}", minor), stable);
    const auto pythons = pure_pythons();
    for (const auto& python : pythons) on_platforms(python, "none");
    tags_.push_back({own, "none", "any"});
    for (const auto& python : pythons) tags_.push_back({python, "none", "any"});
    return std::move(tags_);
  }

 private:
  std::string abi_flags() const {
    constexpr int kFirstWithoutPymallocFlag = 8;
    if (interpreter_.free_threaded) return "t";
    return interpreter_.minor < kFirstWithoutPymallocFlag ? "m" : "";
  }

  /// py312, py3, py311, … py30
  std::vector<std::string> pure_pythons() const {
    std::vector<std::string> out = {fmt::format("py3{}", interpreter_.minor), "py3"};
    for (int minor = interpreter_.minor - 1; minor >= 0; --minor) out.push_back(fmt::format("py3{}", minor));
    return out;
  }

  void on_platforms(const std::string& python, const std::string& abi) {
    for (const auto& platform : platforms_) tags_.push_back({python, abi, platform});
  }

  Interpreter interpreter_;
  std::vector<std::string> platforms_;
  std::vector<Tag> tags_;
};

}  // namespace

std::optional<int> glibc_minor_of(std::string_view platform_tag, const Platform& platform) {
  constexpr std::string_view kPrefix = "manylinux_2_";
  const auto suffix = "_" + platform.machine();
  if (!platform_tag.starts_with(kPrefix) || !platform_tag.ends_with(suffix)) return std::nullopt;
  if (platform_tag.size() < kPrefix.size() + suffix.size()) return std::nullopt;
  const auto digits =
      platform_tag.substr(kPrefix.size(), platform_tag.size() - kPrefix.size() - suffix.size());
  const auto minor = parse_u64(digits);
  return minor && *minor < 1000 ? std::optional(static_cast<int>(*minor)) : std::nullopt;
}

std::vector<Tag> supported_tags(const Target& target) {
  constexpr int kMostGlibcMinor = 200;
  const auto glibc_minor = std::min(target.glibc_minor, kMostGlibcMinor);
  return TagList(target.python, platforms(target.platform, glibc_minor)).take();
}

Result<CompressedTags> CompressedTags::parse(std::string_view text) {
  const std::string lower = to_lower(text);
  const auto parts = split(lower, '-');
  if (parts.size() != 3) {
    return fail(input_error(fmt::format("{} is not a wheel tag: expected PYTHON-ABI-PLATFORM, found {}",
                                        in_quotes(text), count_of(parts.size(), "part"))));
  }
  CompressedTags tags;
  const std::array<std::vector<std::string>*, 3> lists = {&tags.pythons, &tags.abis, &tags.platforms};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const auto name : split(parts[i], '.')) {
      if (name.empty() || !std::all_of(name.begin(), name.end(), is_word)) {
        return fail(
            input_error(fmt::format("{} is not a wheel tag: expected letters, digits and \"_\", found {}",
                                    in_quotes(text), in_quotes(name))));
      }
      if (i == 0 && is_digit(name.front())) {
        return fail(
            input_error(fmt::format("{} is not a wheel tag: expected a Python such as \"cp312\", found {}",
                                    in_quotes(text), in_quotes(name))));
      }
      lists[i]->emplace_back(name);
    }
  }
  return tags;
}

bool CompressedTags::holds(const Tag& tag) const {
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  return has(pythons, tag.python) && has(abis, tag.abi) && has(platforms, tag.platform);
}

bool CompressedTags::fits(const Platform& target) const {
  return std::any_of(platforms.begin(), platforms.end(), [&](const std::string& each) {
    return each == "any" ||
           (each.find("linux") != std::string::npos && each.ends_with("_" + target.machine()));
  });
}

std::optional<Interpreter> CompressedTags::interpreter() const {
  const std::string_view python = pythons.front();
  if (!python.starts_with("cp3")) return std::nullopt;
  const auto gil = abis.front().ends_with("t") ? "t" : "";
  const auto found = Interpreter::parse(fmt::format("3.{}{}", python.substr(3), gil));
  return found ? std::optional(*found) : std::nullopt;
}

}  // namespace launch::specs
