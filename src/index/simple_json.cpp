// PEP 691 pages, parsed as a stream: the pages of large projects have tens of thousands of files, and a tree
// of all their values would cost more than the parsing.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "index/page_file.hpp"
#include "index/simple_page.hpp"
#include "specs/name.hpp"
#include "specs/url.hpp"

namespace launch::index {
namespace {

using Json = nlohmann::json;

/// What an entry says about its sidecar, under either name of the key.
struct SidecarClaim {
  bool given = false;
  bool there = false;
  std::optional<Digest> sha256 = {};
};

/// One entry of "files" as written.
struct Entry {
  std::optional<std::string> file_name = {};
  std::optional<std::string> url = {};
  std::optional<Digest> sha256 = {};
  std::optional<std::string> upload_time = {};
  std::optional<std::string> requires_python = {};
  std::optional<std::uint64_t> size = {};
  std::optional<std::string> yanked = {};
  SidecarClaim core_metadata = {};
  SidecarClaim dist_info_metadata = {};
};

/// Assembles a page from the events of the JSON parser.
class PageReader final : public Json::json_sax_t {
 public:
  PageReader(const specs::Url& url, std::string_view project)
      : url_(url), base_(url.without_credentials()), page_{specs::normalize_name(project), {}} {}

  Result<ProjectPage> read(std::string_view text) {
    if (!Json::sax_parse(text.begin(), text.end(), this)) return fail(unreadable(text.size()));
    if (!is_object_) return fail(no_page("its JSON is not an object"));
    TRY(check_version());
    TRY(check_name());
    if (!has_files_) return fail(no_page("it has no list \"files\""));
    if (bad_entry_) return fail(*std::move(bad_entry_));
    return std::move(page_);
  }

  bool start_object(std::size_t /*elements*/) override {
    if (depth_ == 0) is_object_ = true;
    if (in_entry()) take_object();
    ++depth_;
    if (in_files_ && depth_ == kEntryDepth) {
      entry_ = {};
      ++number_;
    }
    return true;
  }
  bool end_object() override {
    if (in_files_ && depth_ == kEntryDepth) take_entry();
    --depth_;
    return true;
  }
  bool start_array(std::size_t /*elements*/) override {
    inner_.clear();
    if (in_files_) {
      value_of_no_object();
    } else if (depth_ == 1 && top_ == "files") {
      in_files_ = has_files_ = true;
      page_.files.clear();
      number_ = 0;
    }
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    if (depth_ == 1) in_files_ = false;
    return true;
  }
  bool key(std::string& name) override {
    const bool in_meta = depth_ == 2 && top_ == "meta";
    if (depth_ == 1) {
      top_ = std::move(name);
    } else if (in_meta || in_entry()) {
      field_ = std::move(name);
    } else if (in_files_ && depth_ == kEntryDepth + 1) {
      inner_ = std::move(name);
    }
    return true;
  }
  bool string(std::string& value) override {
    if (depth_ == 1 && top_ == "name") {
      name_ = std::move(value);
    } else if (depth_ == 2 && top_ == "meta" && field_ == "api-version") {
      version_ = std::move(value);
    } else if (in_entry()) {
      take_string(std::move(value));
    } else if (in_files_ && depth_ == kEntryDepth + 1 && inner_ == "sha256") {
      take_digest(value);
    } else {
      value_of_no_object();
    }
    return true;
  }
  bool boolean(bool value) override {
    value_of_no_object();
    if (!in_entry()) return true;
    if (field_ == "yanked" && value) entry_.yanked.emplace();
    if (auto* claim = this->claim()) *claim = {.given = true, .there = value};
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    value_of_no_object();
    if (in_entry() && field_ == "size") entry_.size = value;
    return true;
  }
  bool null() override { return value_of_no_object(); }
  bool number_integer(std::int64_t /*value*/) override { return value_of_no_object(); }
  bool number_float(double /*value*/, const std::string& /*text*/) override { return value_of_no_object(); }
  bool binary(Json::binary_t& /*value*/) override { return value_of_no_object(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    broken_at_ = position;
    return false;
  }

 private:
  static constexpr std::size_t kEntryDepth = 3;  // {"files": [{

  bool in_entry() const { return in_files_ && depth_ == kEntryDepth; }

  Error no_page(std::string_view why) const {
    return bad_page(url_, fmt::format("not an index page: {}", why));
  }
  Error unreadable(std::size_t size) const {
    if (broken_at_ <= size) return no_page(fmt::format("its JSON is invalid at byte {}", broken_at_));
    return bad_page(url_, fmt::format("truncated: its JSON ends after {} bytes", size));
  }

  Result<void> check_version() const {
    if (!version_) return fail(no_page("it has no \"meta\" with an \"api-version\""));
    if (version_->starts_with("1.")) return {};
    return fail(environment_error(fmt::format("the page {} has the api-version {}, expected 1.x", url_,
                                              in_quotes(*version_)))
                    .hint("the index uses a later version of the standard; upgrade launch"));
  }
  Result<void> check_name() const {
    if (!name_ || specs::normalize_name(*name_) == page_.name) return {};
    return fail(bad_page(url_, fmt::format("for another project: expected {}, found {}",
                                           in_quotes(page_.name), in_quotes(*name_))));
  }

  void bad(std::string_view what) {
    if (!bad_entry_) bad_entry_ = no_page(fmt::format("entry {} of \"files\" {}", number_, what));
  }
  /// A value other than an object where an entry should be.
  bool value_of_no_object() {
    if (in_files_ && depth_ == kEntryDepth - 1) {
      ++number_;
      bad("is not an object");
    }
    return true;
  }

  SidecarClaim* claim() {
    if (field_ == "core-metadata") return &entry_.core_metadata;
    return field_ == "dist-info-metadata" ? &entry_.dist_info_metadata : nullptr;
  }
  void take_object() {
    inner_.clear();
    if (auto* claim = this->claim()) *claim = {.given = true, .there = true};
  }
  void take_string(std::string value) {
    if (field_ == "filename")
      entry_.file_name = std::move(value);
    else if (field_ == "url")
      entry_.url = std::move(value);
    else if (field_ == "upload-time")
      entry_.upload_time = std::move(value);
    else if (field_ == "requires-python")
      entry_.requires_python = std::move(value);
    else if (field_ == "yanked")
      entry_.yanked = std::move(value);
    else if (auto* claim = this->claim())
      claim->given = true;
  }
  void take_digest(const std::string& value) {
    if (field_ == "hashes")
      entry_.sha256 = checked_sha256(value);
    else if (auto* claim = this->claim())
      claim->sha256 = checked_sha256(value);
  }
  void take_entry() {
    if (!entry_.file_name) return bad("has no \"filename\"");
    if (!entry_.url) return bad("has no \"url\"");
    if (!is_file_of(*entry_.file_name, page_.name)) return;
    auto file = checked_file({.file_name = *std::move(entry_.file_name),
                              .url = base_.resolve(*entry_.url),
                              .sha256 = std::move(entry_.sha256),
                              .upload_time = std::move(entry_.upload_time)});
    if (!file) return;
    file->size = entry_.size;
    file->requires_python = std::move(entry_.requires_python);
    file->yanked = std::move(entry_.yanked);
    auto& sidecar = entry_.core_metadata.given ? entry_.core_metadata : entry_.dist_info_metadata;
    file->has_metadata = sidecar.there;
    file->metadata_sha256 = std::move(sidecar.sha256);
    page_.files.push_back(*std::move(file));
  }

  const specs::Url& url_;
  specs::Url base_;
  ProjectPage page_;
  std::optional<std::string> version_;
  std::optional<std::string> name_;
  bool is_object_ = false;
  bool has_files_ = false;
  std::optional<Error> bad_entry_;
  std::size_t broken_at_ = 0;

  std::size_t depth_ = 0;
  std::string top_;    // key of the page
  std::string field_;  // key of the entry, or of "meta"
  std::string inner_;  // key of an object in the entry
  bool in_files_ = false;
  std::size_t number_ = 0;  // of the entry, from 1
  Entry entry_;
};

}  // namespace

Result<ProjectPage> parse_simple_json(std::string_view text, const specs::Url& url,
                                      std::string_view project) {
  return PageReader(url, project).read(text);
}

}  // namespace launch::index
