#include "specs/git_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::specs {
namespace {

constexpr std::size_t kCommit = 40;

bool is_commit(std::string_view text) {
  return text.size() == kCommit && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<GitSource> GitSource::parse(std::string_view text) {
  constexpr std::string_view kForm = "git+https://HOST/REPOSITORY.git@COMMIT with the 40 digits of a commit";
  const auto wrong = [&] {
    return fail(input_error(fmt::format("expected {}, found {}", kForm, in_quotes(redacted_url(text)))));
  };
  if (!is_git(text) || text.find('#') != std::string_view::npos) return wrong();
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at < text.rfind('/')) return wrong();
  const auto commit = to_lower(text.substr(at + 1));
  auto url = Url::parse(text.substr(4, at - 4));
  if (!is_commit(commit) || !url || !(url->is_http() || url->is_file())) return wrong();
  return GitSource{*std::move(url), commit};
}

}  // namespace launch::specs
