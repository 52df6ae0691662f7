#include "index/simple_page.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "index/page_file.hpp"
#include "specs/day.hpp"
#include "specs/name.hpp"
#include "specs/version.hpp"

namespace launch::index {
namespace {

constexpr std::array<std::string_view, 5> kArchives{".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz"};

constexpr std::size_t kLongestName = 255;  // NAME_MAX of Linux

/// The file name without the suffix of a source archive; empty if it is not one.
std::string_view archive_stem(std::string_view file_name) {
  if (file_name.size() > kLongestName) return {};
  for (const auto suffix : kArchives) {
    if (file_name.ends_with(suffix)) return file_name.substr(0, file_name.size() - suffix.size());
  }
  return {};
}

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

}  // namespace

Error bad_page(const specs::Url& url, std::string_view reason) {
  return environment_error(fmt::format("the page {} is {}", url, reason))
      .hint(
          "try again; if that does not help, the index (or a proxy in front of it) is broken: open the "
          "address in a "
          "browser, "
          "or set another index (`launch doctor` shows where this one comes from)");
}

std::optional<Digest> checked_sha256(std::string_view text) {
  return Digest::of_hex(to_lower(trim(text)));
}

std::optional<IndexFile> checked_file(RawFile raw) {
  const bool fetchable = raw.url && (raw.url->is_http() || (raw.url->is_file() && raw.from_local_page));
  if (!fetchable || !is_distribution(raw.file_name)) return std::nullopt;
  IndexFile file{
      .file_name = std::move(raw.file_name), .url = *std::move(raw.url), .sha256 = std::move(raw.sha256)};
  if (raw.upload_time && specs::parse_utc(*raw.upload_time)) file.upload_time = std::move(raw.upload_time);
  return file;
}

std::optional<specs::Version> archive_version(std::string_view file_name) {
  const auto stem = archive_stem(file_name);
  const auto dash = stem.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto version = specs::Version::parse(stem.substr(dash + 1));
  return version ? std::optional(*std::move(version)) : std::nullopt;
}

std::optional<std::string> archive_project(std::string_view file_name) {
  if (!archive_version(file_name)) return std::nullopt;
  return specs::normalize_name(file_name.substr(0, archive_stem(file_name).rfind('-')));
}

bool is_distribution(std::string_view file_name) {
  if (file_name.size() > kLongestName) return false;
  if (has_blank_or_control(file_name) || file_name.find_first_of("/\\") != std::string_view::npos)
    return false;
  if (file_name.find("..") != std::string_view::npos) return false;
  return file_name.ends_with(".whl") ? file_name.size() > 4 : !archive_stem(file_name).empty();
}

bool is_file_of(std::string_view file_name, std::string_view project) {
  if (file_name.ends_with(".whl"))
    return specs::normalize_name(file_name.substr(0, file_name.find('-'))) == project;
  // A source archive's name may contain "-" itself, so try every split of NAME-VERSION that leaves a version.
  const auto stem = archive_stem(file_name);
  for (auto dash = stem.find('-'); dash != std::string_view::npos; dash = stem.find('-', dash + 1)) {
    if (specs::normalize_name(stem.substr(0, dash)) != project) continue;
    if (specs::Version::parse(stem.substr(dash + 1))) return true;
  }
  return false;
}

}  // namespace launch::index
