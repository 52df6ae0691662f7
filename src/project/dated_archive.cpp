#include "project/dated_archive.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/toml_values.hpp"
#include "specs/url.hpp"

namespace launch::project {
namespace {

constexpr std::string_view kArchive = "{archive}";
constexpr std::string_view kDate = "{date}";

}  // namespace

std::string expected_archive() {
  return fmt::format("{} or {}", kDatedArchiveForm, in_quotes(kLiveArchive));
}

bool is_dated_archive(std::string_view text) {
  if (text.find(kArchive) == text.npos || text.find(kDate) == text.npos || text.ends_with('/')) return false;
  const auto address = dated_archive(text, "debian", "20250606T080910Z");
  const auto url = specs::Url::parse(address);
  return url && url->is_http() &&
         consists_of(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/._~%+-");
}

std::string dated_archive(std::string_view form, std::string_view archive, std::string_view time) {
  return replace_all(replace_all(std::string(form), kArchive, archive), kDate, time);
}

}  // namespace launch::project
