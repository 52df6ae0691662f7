#include "index/simple_page.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "index/page_file.hpp"
#include "index/url.hpp"
#include "net/http.hpp"
#include "python/name.hpp"
#include "python/scanner.hpp"
#include "python/version.hpp"

namespace launch::index {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 5> kArchives{".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz"};

/// The file name without what marks it as a source archive; empty when it is none.
std::string_view archive_stem(std::string_view file_name) {
  for (const auto suffix : kArchives) {
    if (file_name.ends_with(suffix)) return file_name.substr(0, file_name.size() - suffix.size());
  }
  return {};
}

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

/// "2026-04-23T10:20:30.123456Z"
bool is_utc_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kShape.size() || text.back() != 'Z') return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !python::is_digit(text[i]) : text[i] != kShape[i]) return false;
  }
  const auto fraction = text.substr(kShape.size(), text.size() - kShape.size() - 1);
  return fraction.empty() || (fraction.size() > 1 && fraction.front() == '.' &&
                              std::all_of(fraction.begin() + 1, fraction.end(), python::is_digit));
}

const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> text_member(const Json& object, const char* name) {
  const auto* value = member(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<std::string> sha256_member(const Json& hashes) {
  if (!hashes.is_object()) return std::nullopt;
  const auto text = text_member(hashes, "sha256");
  return text ? checked_sha256(*text) : std::nullopt;
}

void take_metadata(const Json& entry, IndexFile& file) {
  const auto* value = member(entry, "core-metadata");
  if (value == nullptr) value = member(entry, "dist-info-metadata");
  if (value == nullptr) return;
  file.has_metadata = value->is_object() || (value->is_boolean() && value->get<bool>());
  file.metadata_sha256 = sha256_member(*value);
}

void take_yanked(const Json& entry, IndexFile& file) {
  const auto* value = member(entry, "yanked");
  if (value == nullptr) return;
  if (value->is_string()) file.yanked = printable(value->get<std::string>());
  if (value->is_boolean() && value->get<bool>()) file.yanked.emplace();
}

Result<std::optional<IndexFile>> read_entry(const Json& entry, std::string_view url, std::size_t number) {
  const auto bad = [&](std::string_view what) {
    return fail(bad_page(url, fmt::format("no page of an index: entry {} of \"files\" {}", number, what)));
  };
  if (!entry.is_object()) return bad("is no object");
  const auto file_name = text_member(entry, "filename");
  const auto link = text_member(entry, "url");
  if (!file_name) return bad("has no \"filename\"");
  if (!link) return bad("has no \"url\"");
  RawFile raw{*file_name, resolve_url(without_credentials(url), *link)};
  if (const auto* hashes = member(entry, "hashes")) raw.sha256 = sha256_member(*hashes);
  raw.upload_time = text_member(entry, "upload-time");
  auto file = checked_file(raw);
  if (!file) return std::nullopt;
  if (const auto* size = member(entry, "size"); size != nullptr && size->is_number_unsigned()) {
    file->size = size->get<std::uint64_t>();
  }
  file->requires_python = text_member(entry, "requires-python");
  take_metadata(entry, *file);
  take_yanked(entry, *file);
  return file;
}

Result<Json> parse_json(std::string_view text, std::string_view url) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    if (error.byte > text.size()) {
      return fail(
          bad_page(url, fmt::format("cut off: its JSON ends in the middle, after {} bytes", text.size())));
    }
    return fail(bad_page(url, fmt::format("no page of an index: its JSON is broken at byte {}", error.byte)));
  }
}

Result<void> check_version(const Json& page, std::string_view url) {
  const auto* meta = member(page, "meta");
  const auto version =
      meta != nullptr && meta->is_object() ? text_member(*meta, "api-version") : std::nullopt;
  if (!version) return fail(bad_page(url, "no page of an index: it has no \"meta\" with an \"api-version\""));
  if (!version->starts_with("1.")) {
    return fail(world_error(fmt::format("the page {} has the api-version {}, expected 1.x", net::redact(url),
                                        python::quoted(*version)))
                    .hint("the index speaks a later standard than this program; ask for a newer launch"));
  }
  return {};
}

Result<void> check_name(const Json& page, std::string_view url, std::string_view project) {
  const auto name = text_member(page, "name");
  if (!name || python::normalize_name(*name) == project) return {};
  return fail(bad_page(url, fmt::format("of another project: expected {}, found {}", python::quoted(project),
                                        python::quoted(*name))));
}

}  // namespace

Error bad_page(std::string_view url, std::string_view reason) {
  return world_error(fmt::format("the page {} is {}", net::redact(url), reason))
      .hint(
          "try again; if it stays so, the index (or a proxy before it) is broken: open the address in a "
          "browser, "
          "or set another index (`launch doctor` says where this one comes from)");
}

std::optional<std::string> checked_sha256(std::string_view text) {
  auto digest = to_lower(trim(text));
  if (!is_sha256_hex(digest)) return std::nullopt;
  return digest;
}

std::optional<IndexFile> checked_file(const RawFile& raw) {
  const auto scheme = to_lower(split_url(raw.url).scheme);
  const bool fetchable = scheme == "http" || scheme == "https" || (scheme == "file" && raw.from_local_page);
  if (!fetchable || has_blank_or_control(raw.url) || !is_distribution(raw.file_name)) return std::nullopt;
  IndexFile file{.file_name = raw.file_name, .url = raw.url, .sha256 = raw.sha256};
  if (raw.upload_time && is_utc_time(*raw.upload_time)) file.upload_time = raw.upload_time;
  return file;
}

bool is_distribution(std::string_view file_name) {
  if (has_blank_or_control(file_name) || file_name.find_first_of("/\\") != std::string_view::npos)
    return false;
  if (file_name.find("..") != std::string_view::npos) return false;
  return file_name.ends_with(".whl") ? file_name.size() > 4 : !archive_stem(file_name).empty();
}

bool is_file_of(std::string_view file_name, std::string_view project) {
  if (file_name.ends_with(".whl"))
    return python::normalize_name(file_name.substr(0, file_name.find('-'))) == project;
  // A source archive's name may hold "-" itself: NAME-VERSION is cut at every place that leaves a version.
  const auto stem = archive_stem(file_name);
  for (auto dash = stem.find('-'); dash != std::string_view::npos; dash = stem.find('-', dash + 1)) {
    if (python::normalize_name(stem.substr(0, dash)) != project) continue;
    if (python::Version::parse(stem.substr(dash + 1))) return true;
  }
  return false;
}

Result<ProjectPage> parse_simple_json(std::string_view text, std::string_view url, std::string_view project) {
  const Json json = TRY(parse_json(text, url));
  if (!json.is_object()) return fail(bad_page(url, "no page of an index: its JSON is no object"));
  TRY(check_version(json, url));
  ProjectPage page{python::normalize_name(project), {}};
  TRY(check_name(json, url, page.name));
  const auto* files = member(json, "files");
  if (files == nullptr || !files->is_array()) {
    return fail(bad_page(url, "no page of an index: it has no list \"files\""));
  }
  page.files.reserve(files->size());
  for (std::size_t i = 0; i < files->size(); ++i) {
    auto file = TRY(read_entry((*files)[i], url, i + 1));
    if (file && is_file_of(file->file_name, page.name)) page.files.push_back(*std::move(file));
  }
  return page;
}

}  // namespace launch::index
