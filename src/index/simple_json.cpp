// PEP 691 pages. Those of large projects have tens of thousands of files: simdjson reads them several times
// as fast as nlohmann/json, which is asked only where a page that cannot be read is broken.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "base/text.hpp"
#include "index/page_file.hpp"
#include "index/simple_page.hpp"
#include "specs/name.hpp"
#include "specs/url.hpp"

namespace launch::index {
namespace {

namespace dom = simdjson::dom;

std::optional<std::string_view> string_of(const dom::element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? std::optional(text) : std::nullopt;
}

std::optional<Digest> sha256_of(const dom::element& hashes) {
  std::string_view text;
  return hashes["sha256"].get(text) == simdjson::SUCCESS ? checked_sha256(text) : std::nullopt;
}

/// What an entry says about its sidecar, under either name of the key.
struct SidecarClaim {
  bool given = false;
  bool there = false;
  std::optional<Digest> sha256 = {};

  static SidecarClaim of(const dom::element& value) {
    if (value.is_object()) return {.given = true, .there = true, .sha256 = sha256_of(value)};
    bool there = false;
    if (value.get(there) == simdjson::SUCCESS) return {.given = true, .there = there};
    return {.given = value.is_string()};
  }
};

/// One entry of "files" as written.
struct Entry {
  std::optional<std::string_view> file_name = {};
  std::optional<std::string_view> url = {};
  std::optional<Digest> sha256 = {};
  std::optional<std::string_view> upload_time = {};
  std::optional<std::string_view> requires_python = {};
  std::optional<std::uint64_t> size = {};
  std::optional<std::string> yanked = {};
  SidecarClaim core_metadata = {};
  SidecarClaim dist_info_metadata = {};

  explicit Entry(const dom::object& object) {
    for (const auto [key, value] : object) take(key, value);
  }

 private:
  void take(std::string_view key, const dom::element& value) {
    if (key == "filename")
      file_name = string_of(value);
    else if (key == "url")
      url = string_of(value);
    else if (key == "upload-time")
      upload_time = string_of(value);
    else if (key == "requires-python")
      requires_python = string_of(value);
    else if (key == "hashes")
      sha256 = sha256_of(value);
    else if (key == "size")
      take_size(value);
    else if (key == "yanked")
      take_yanked(value);
    else if (key == "core-metadata")
      core_metadata = SidecarClaim::of(value);
    else if (key == "dist-info-metadata")
      dist_info_metadata = SidecarClaim::of(value);
  }
  void take_size(const dom::element& value) {
    std::uint64_t bytes = 0;
    if (value.get(bytes) == simdjson::SUCCESS) size = bytes;
  }
  void take_yanked(const dom::element& value) {
    bool without_reason = false;
    if (value.get(without_reason) == simdjson::SUCCESS && without_reason) yanked.emplace();
    if (const auto reason = string_of(value)) yanked = std::string(*reason);
  }
};

/// The byte at which JSON that simdjson refuses is broken, from 1; nullopt if nlohmann/json accepts it.
std::optional<std::size_t> broken_at(std::string_view text) {
  try {
    const auto parsed = nlohmann::json::parse(text.begin(), text.end());
    return std::nullopt;
  } catch (const nlohmann::json::parse_error& error) {
    return error.byte;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

/// Reads one page; its errors name the page.
class PageReader {
 public:
  PageReader(const specs::Url& url, std::string_view project)
      : url_(url), base_(url.without_credentials()), page_{specs::normalize_name(project), {}} {}

  Result<ProjectPage> read(std::string_view text) {
    dom::parser parser;
    dom::element whole;
    if (const auto error = parser.parse(text.data(), text.size()).get(whole); error != simdjson::SUCCESS)
      return fail(unreadable(text, error));
    dom::object page;
    if (whole.get(page) != simdjson::SUCCESS) return fail(no_page("its JSON is not an object"));
    TRY(check_version(page));
    TRY(check_name(page));
    dom::array files;
    if (page["files"].get(files) != simdjson::SUCCESS) return fail(no_page("it has no list \"files\""));
    page_.files.reserve(files.size());
    std::size_t number = 0;
    for (const auto file : files) TRY(take(file, ++number));
    return std::move(page_);
  }

 private:
  Error no_page(std::string_view why) const {
    return bad_page(url_, fmt::format("not an index page: {}", why));
  }
  Error unreadable(std::string_view text, simdjson::error_code error) const {
    const auto byte = broken_at(text);
    if (!byte) return no_page(simdjson::error_message(error));
    if (*byte <= text.size()) return no_page(fmt::format("its JSON is invalid at byte {}", *byte));
    return bad_page(url_, fmt::format("truncated: its JSON ends after {} bytes", text.size()));
  }

  Result<void> check_version(const dom::object& page) const {
    std::string_view version;
    if (page["meta"]["api-version"].get(version) != simdjson::SUCCESS)
      return fail(no_page("it has no \"meta\" with an \"api-version\""));
    if (version.starts_with("1.")) return {};
    return fail(environment_error(
                    fmt::format("the page {} has the api-version {}, expected 1.x", url_, in_quotes(version)))
                    .hint("the index uses a later version of the standard; upgrade launch"));
  }
  Result<void> check_name(const dom::object& page) const {
    std::string_view name;
    if (page["name"].get(name) != simdjson::SUCCESS || specs::normalize_name(name) == page_.name) return {};
    return fail(bad_page(url_, fmt::format("for another project: expected {}, found {}",
                                           in_quotes(page_.name), in_quotes(name))));
  }

  Result<void> take(const dom::element& file, std::size_t number) {
    const auto bad = [&](std::string_view what) {
      return fail(no_page(fmt::format("entry {} of \"files\" {}", number, what)));
    };
    dom::object object;
    if (file.get(object) != simdjson::SUCCESS) return bad("is not an object");
    Entry entry(object);
    if (!entry.file_name) return bad("has no \"filename\"");
    if (!entry.url) return bad("has no \"url\"");
    if (is_file_of(*entry.file_name, page_.name)) keep(std::move(entry));
    return {};
  }
  void keep(Entry entry) {
    auto file = checked_file({.file_name = std::string(*entry.file_name),
                              .url = base_.resolve(*entry.url),
                              .sha256 = std::move(entry.sha256),
                              .upload_time = to_string(entry.upload_time)});
    if (!file) return;
    file->size = entry.size;
    file->requires_python = to_string(entry.requires_python);
    file->yanked = std::move(entry.yanked);
    auto& sidecar = entry.core_metadata.given ? entry.core_metadata : entry.dist_info_metadata;
    file->has_metadata = sidecar.there;
    file->metadata_sha256 = std::move(sidecar.sha256);
    page_.files.push_back(*std::move(file));
  }
  static std::optional<std::string> to_string(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
  }

  const specs::Url& url_;
  specs::Url base_;
  ProjectPage page_;
};

}  // namespace

Result<ProjectPage> parse_simple_json(std::string_view text, const specs::Url& url,
                                      std::string_view project) {
  return PageReader(url, project).read(text);
}

}  // namespace launch::index
