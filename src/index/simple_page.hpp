#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "specs/url.hpp"

namespace launch::index {

/// One file that an index offers. Nothing in it is to be trusted before its digest was checked.
struct IndexFile {
  std::string file_name =
      {};               ///< percent-decoded: "torch-2.5.0.dev20240617+cu121-cp311-cp311-linux_x86_64.whl"
  specs::Url url = {};  ///< without the credentials of the page's URL: net::HttpClient knows them
  std::optional<Digest> sha256 = {};                ///< none when the index gives none
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

/// True for the name of a wheel or a source archive that can be taken as a file's name on this machine.
bool is_distribution(std::string_view file_name);
/// True when a wheel or source archive of that name is one of the project (normalized).
bool is_file_of(std::string_view file_name, std::string_view project);

/// Reads a PEP 503 HTML page that was found at `url`; relative links are resolved against it and <base href>.
/// Files of other projects, and what is neither wheel nor source archive, are left out.
/// Errors (environment): not an HTML page of an index, or one that was cut off.
Result<ProjectPage> parse_simple_html(std::string_view text, const specs::Url& url, std::string_view project);

/// Reads a page of links to files of any projects, as --find-links names them. Errors (environment): as
/// above.
Result<std::vector<IndexFile>> parse_links(std::string_view text, const specs::Url& url);

/// Reads a PEP 691 JSON page (api-version 1.x). Errors (environment): not such a page, or a later major
/// version.
Result<ProjectPage> parse_simple_json(std::string_view text, const specs::Url& url, std::string_view project);

}  // namespace launch::index
