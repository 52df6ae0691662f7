#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "index/simple_page.hpp"
#include "net/http.hpp"
#include "python/metadata.hpp"

namespace launch::index {

/// One simple index (PEP 503, 691): its pages, and the metadata of its wheels.
class IndexClient {
 public:
  /// `url` is the base before "/PROJECT/". With `forbidden_is_missing` a 403 means that the project is not there, as
  /// the PyTorch channel answers; elsewhere it is an error. `find_links` are further folders or pages of wheels.
  IndexClient(net::HttpClient& http, std::string url, std::vector<std::string> find_links = {},
              bool forbidden_is_missing = false);

  const std::string& url() const { return url_; }

  /// The project's page; nothing when the index does not have it (404). Errors (world): no answer, another status,
  /// garbage or a truncated page; the message names the page's URL.
  Result<std::optional<ProjectPage>> page(const std::string& project);
  /// The same for many, side by side; answers in the order of the names.
  std::vector<Result<std::optional<ProjectPage>>> pages(std::span<const std::string> projects);

  /// A wheel's METADATA: from its sidecar (digest checked) where the index has one, else by range reads of the wheel.
  Result<python::CoreMetadata> metadata(const IndexFile& file);
  std::vector<Result<python::CoreMetadata>> metadata(std::span<const IndexFile> files);

 private:
  net::HttpClient* http_;
  std::string url_;
  std::vector<std::string> find_links_;
  bool forbidden_is_missing_;
};

}  // namespace launch::index
