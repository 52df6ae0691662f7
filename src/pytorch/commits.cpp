#include "pytorch/commits.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::pytorch {
namespace {

constexpr std::size_t kDigits = 40;

bool is_commit(std::string_view text) {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::optional<std::string> commit_of(std::string_view version_file) {
  for (const auto line : lines(version_file)) {
    if (!line.starts_with("git_version")) continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    auto value = trim(line.substr(equals + 1));
    const bool quoted = value.size() > 2 && (value.front() == '\'' || value.front() == '"');
    if (!quoted || value.back() != value.front()) continue;
    value = value.substr(1, value.size() - 2);
    if (is_commit(value)) return std::string(value);
  }
  return std::nullopt;
}

std::string compare_url(std::string_view before, std::string_view after) {
  return fmt::format("https://github.com/pytorch/pytorch/compare/{}...{}", before, after);
}

}  // namespace launch::pytorch
