#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::index {

/// A file that an index offers. Do not trust any of it before its digest was checked.
struct IndexFile {
  std::string file_name =
      {};               ///< percent-decoded: "torch-2.5.0.dev20240617+cu121-cp311-cp311-linux_x86_64.whl"
  specs::Url url = {};  ///< without the credentials of the page's URL: net::HttpClient knows them
  std::optional<Digest> sha256 = {};                ///< nullopt if the index has none
  std::optional<std::uint64_t> size = {};           ///< bytes
  std::optional<std::string> upload_time = {};      ///< RFC 3339, UTC
  std::optional<std::string> requires_python = {};  ///< as written
  std::optional<std::string> yanked =
      {};                     ///< the reason, perhaps empty; none when it is not yanked (PEP 592)
  bool has_metadata = false;  ///< the sidecar URL.metadata exists (PEP 658, 714)
  std::optional<Digest> metadata_sha256 = {};
};

/// A project's page of a simple index.
struct ProjectPage {
  std::string name;  ///< normalized
  std::vector<IndexFile> files;
};

/// True for the name of a wheel or source archive that is safe as a file name on this machine.
bool is_distribution(std::string_view file_name);
/// The version in the name of a source archive: 4.9.3 of "antlr4-python3-runtime-4.9.3.tar.gz"; nullopt for
/// another file.
std::optional<specs::Version> archive_version(std::string_view file_name);
/// The project (normalized) in the name of a source archive; nullopt for another file.
std::optional<std::string> archive_project(std::string_view file_name);
/// True if a wheel or source archive of that name belongs to the project (normalized).
bool is_file_of(std::string_view file_name, std::string_view project);

/// Parses a PEP 503 HTML page from `url`, against which (and <base href>) relative links are resolved. Omits
/// files of other projects, and files that are neither wheels nor source archives. Errors (environment): not
/// an HTML page of an index, or truncated.
Result<ProjectPage> parse_simple_html(std::string_view text, const specs::Url& url, std::string_view project);

/// Parses a page of links to files of any projects, as in --find-links. Errors (environment): as above.
Result<std::vector<IndexFile>> parse_links(std::string_view text, const specs::Url& url);

/// Parses a PEP 691 JSON page (api-version 1.x). Errors (environment): not such a page, or a later major
/// version.
Result<ProjectPage> parse_simple_json(std::string_view text, const specs::Url& url, std::string_view project);

}  // namespace launch::index
