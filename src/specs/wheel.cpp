#include "specs/wheel.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/name.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

Error not_a_wheel(std::string_view file_name, std::string_view reason) {
  return input_error(fmt::format("{} is not the name of a wheel: {}", in_quotes(file_name), reason));
}

bool is_escaped_name(std::string_view name) {
  return !name.empty() && name.find("__") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '.'; });
}

}  // namespace

Result<WheelName> WheelName::parse(std::string_view file_name) {
  constexpr std::size_t kParts = 5;
  if (!file_name.ends_with(".whl")) return fail(not_a_wheel(file_name, "expected a name ending in \".whl\""));
  const auto parts = split(file_name.substr(0, file_name.size() - 4), '-');
  if (parts.size() != kParts && parts.size() != kParts + 1) {
    return fail(
        not_a_wheel(file_name, fmt::format("expected NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl, found {}",
                                           count_of(parts.size(), "part"))));
  }
  if (!is_escaped_name(parts[0])) {
    return fail(not_a_wheel(file_name, fmt::format("{} is not a valid project name", in_quotes(parts[0]))));
  }
  const auto step = [&] { return fmt::format("reading the wheel name {}", in_quotes(file_name)); };
  WheelName wheel;
  wheel.name = normalize_name(parts[0]);
  TRY_ASSIGN(wheel.version, during(Version::parse(parts[1]), step));
  if (parts.size() > kParts) {
    wheel.build = parts[2];
    if (!is_digit(parts[2].empty() ? '\0' : parts[2].front()) || !is_escaped_name(parts[2])) {
      return fail(not_a_wheel(
          file_name,
          fmt::format("a build number is a digit and then letters, digits, \"_\" or \".\", found {}",
                      in_quotes(parts[2]))));
    }
  }
  const auto last = parts.size() - 3;
  wheel.tags = to_lower(fmt::format("{}-{}-{}", parts[last], parts[last + 1], parts[last + 2]));
  TRY(during(CompressedTags::parse(wheel.tags), step));
  return wheel;
}

std::optional<std::size_t> best_tag(std::string_view compressed, const std::vector<Tag>& supported) {
  const auto tags = CompressedTags::parse(compressed);
  if (!tags) return std::nullopt;
  const auto best =
      std::find_if(supported.begin(), supported.end(), [&](const Tag& tag) { return tags->holds(tag); });
  if (best == supported.end()) return std::nullopt;
  return static_cast<std::size_t>(best - supported.begin());
}

}  // namespace launch::specs
