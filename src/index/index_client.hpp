#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "index/remote_zip.hpp"
#include "index/simple_page.hpp"
#include "net/http.hpp"
#include "specs/metadata.hpp"

namespace launch::index {

/// Where to keep metadata by the sha256 of its wheel, permanently; disabled without a disk.
struct MetadataCache {
  std::filesystem::path folder = {};
  Disk* disk = nullptr;
};

/// Where an index is, and how to interpret its answers.
struct IndexSource {
  specs::Url url;  ///< the base before "/PROJECT/"
  /// Further folders (paths or file:// URLs) or pages of wheels; a folder that does not exist is skipped.
  std::vector<std::string> find_links = {};
  /// True if a 403 means "no such project", as on the PyTorch channel; elsewhere it is an error.
  bool forbidden_is_missing = false;
  MetadataCache metadata_cache = {};
};

/// One simple index (PEP 503, 691): its pages, and the metadata of its wheels.
class IndexClient {
 public:
  IndexClient(net::HttpClient& http, IndexSource source);

  /// The number of bytes at the end of a wheel that contain its directory and METADATA, if the caller knows
  /// better than the default by size; 0 if not.
  using TailGuess = std::function<std::uint64_t(const IndexFile& file)>;
  void use_tail_guess(TailGuess guess) { tail_guess_ = std::move(guess); }

  /// Without a trailing slash.
  const specs::Url& url() const { return source_.url; }

  /// The project's page; nullopt if the index does not have it (404). Files that only find-links have follow
  /// the index's. Errors (environment): no answer, another status, an invalid or truncated page; the message
  /// names the page's URL.
  Result<std::optional<ProjectPage>> page(const std::string& project);
  /// The same for many, in parallel; answers in the order of the names.
  std::vector<Result<std::optional<ProjectPage>>> pages(std::span<const std::string> projects);

  /// True if the index refused a project's page (403), which counts as not having it.
  bool refused(const std::string& project) const { return refused_.count(project) != 0; }

  /// A wheel's METADATA: from its sidecar (digest checked) if the index has one, else by range requests to
  /// the wheel. Errors: (environment) no answer; (unusable) the server refuses the wheel or does not have
  /// it, it is damaged, or its metadata has a wrong digest, belongs to a different wheel or violates its
  /// standard.
  Result<specs::CoreMetadata> metadata(const IndexFile& file);
  /// The same for many, in parallel; answers in the order of the files.
  std::vector<Result<specs::CoreMetadata>> metadata(std::span<const IndexFile> files);

  /// Bytes transferred for metadata so far.
  std::uint64_t metadata_bytes() const { return metadata_bytes_; }

 private:
  specs::Url page_url(const std::string& project) const;
  /// Called from several threads.
  Result<std::optional<ProjectPage>> read_page(const std::string& project,
                                               const Result<net::HttpResponse>& response) const;
  Result<std::optional<ProjectPage>> add_linked(const std::string& project,
                                                Result<std::optional<ProjectPage>> given);
  /// All files of find_links; read on the first call.
  Result<std::span<const IndexFile>> linked_files();

  net::HttpClient* http_;
  IndexSource source_;
  TailGuess tail_guess_;
  std::optional<std::vector<IndexFile>> linked_;
  std::unique_ptr<RangeMemory> range_memory_ = std::make_unique<RangeMemory>();
  std::uint64_t metadata_bytes_ = 0;
  std::set<std::string> refused_;
};

}  // namespace launch::index
