#include "pytorch/commits.hpp"

#include <algorithm>
#include <vector>

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

/// The texts that a line `NAME = 'TEXT'` or `NAME: TYPE = 'TEXT'` assigns.
std::vector<std::string_view> texts_of(std::string_view file, std::string_view name) {
  std::vector<std::string_view> texts;
  for (const auto line : lines(file)) {
    if (!line.starts_with(name)) continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto value = trim(line.substr(equals + 1));
    const bool quoted = value.size() > 2 && (value.front() == '\'' || value.front() == '"');
    if (quoted && value.back() == value.front()) texts.push_back(value.substr(1, value.size() - 2));
  }
  return texts;
}

}  // namespace

std::optional<std::string> commit_of(std::string_view version_file) {
  for (const auto text : texts_of(version_file, "git_version")) {
    if (is_commit(text)) return std::string(text);
  }
  return std::nullopt;
}

std::optional<std::string> version_in(std::string_view version_file) {
  const auto texts = texts_of(version_file, "__version__");
  return texts.empty() ? std::nullopt : std::optional(std::string(texts.front()));
}

std::string compare_url(std::string_view before, std::string_view after) {
  return fmt::format("https://github.com/pytorch/pytorch/compare/{}...{}", before, after);
}

}  // namespace launch::pytorch
