#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "index/index_client.hpp"
#include "lock/recipe.hpp"
#include "lock/site.hpp"
#include "net/http.hpp"
#include "python/metadata.hpp"
#include "python/version.hpp"

namespace launch::lock {

/// A wheel on a project's page, its name taken apart.
struct PageWheel {
  std::size_t file = 0;  ///< place in Listing::files
  python::Version version;
  std::string tags;  ///< compressed
  std::string build;
};

/// A project as the index that it is taken from has it.
struct Listing {
  std::string name;
  std::string index;          ///< URL of the index
  bool from_channel = false;  ///< the PyTorch channel's
  bool known = false;         ///< the index has such a project
  std::vector<index::IndexFile> files;
  std::vector<PageWheel> wheels;
};

/// Where packages come from: each name from one index alone (no dependency confusion). With channel "index"
/// that is the general index. Else PyTorch's own packages come from the channel and nowhere else; what
/// belongs to PyTorch or CUDA by its name comes from the channel if it serves it; everything else, and what
/// the recipe names under `packages`, from the general index. Pages and metadata are asked for once.
class PackageSource {
 public:
  PackageSource(const Recipe& recipe, const Site& site, net::HttpClient& http);

  /// Asks for the pages of many projects side by side.
  void prefetch(std::span<const std::string> names);
  /// Errors (world): the index's.
  Result<const Listing*> find(const std::string& name);

  struct Wheel {
    const Listing* listing = nullptr;
    const PageWheel* wheel = nullptr;
    const index::IndexFile& file() const { return listing->files[wheel->file]; }
  };
  /// Asks for the metadata of many wheels side by side.
  void prefetch_metadata(std::span<const Wheel> wheels);
  /// Errors (world): the index's.
  Result<const python::CoreMetadata*> metadata(const Wheel& wheel);
  /// Bytes that came over the wire for metadata so far.
  std::uint64_t metadata_bytes() const {
    return general_.metadata_bytes() + (channel_ ? channel_->metadata_bytes() : 0);
  }

 private:
  enum class Origin { general, channel, channel_first };
  Origin origin(const std::string& name) const;
  void keep(const std::string& name, Result<std::optional<index::ProjectPage>> page, bool from_channel);

  index::IndexClient general_;
  std::optional<index::IndexClient> channel_;
  std::set<std::string> asked_of_channel_;
  std::set<std::string> asked_of_general_;
  std::map<std::string, Result<Listing>> listings_;
  std::map<std::string, Result<python::CoreMetadata>> metadata_;  // by URL
};

}  // namespace launch::lock
