#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "index/index_client.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/site.hpp"
#include "pytorch/builds.hpp"
#include "pytorch/packages.hpp"
#include "specs/metadata.hpp"
#include "specs/version.hpp"

namespace launch::locking {

/// A project as listed by the index that it comes from.
struct Listing {
  std::string name;
  specs::Url index;           ///< the index's URL
  bool from_channel = false;  ///< the PyTorch channel's
  bool known = false;         ///< the index has such a project
  bool refused = false;       ///< it answered 403, as the channel does for what it does not have
  std::vector<index::IndexFile> files;
  std::vector<pytorch::Build> builds;  ///< those of the files that are wheels
};

/// A locked wheel of the channel that is on neither its page nor any server.
struct Vanished {
  std::string package;
  specs::Version version;
  std::string file_name;
  specs::Url page;
  std::vector<specs::Url> asked;
};
/// "torch-….whl is neither on the page … nor at …"
std::string vanished_text(const Vanished& vanished);

/// Where packages come from: each name from one index only (no dependency confusion). With channel "index"
/// that is the general index. Else PyTorch's own packages come only from the channel; names of PyTorch or
/// CUDA come from the channel if it has them; everything else, and what the recipe lists under `packages`,
/// from the general index, except names that the recipe takes from a further index. Pages and metadata are
/// requested once.
class PackageSource {
 public:
  /// `kept`: packages of a lock for this channel and build. Those of their wheels that the channel's page no
  /// longer lists are added as long as their files exist.
  PackageSource(const project::Recipe& recipe, const project::Site& site, net::HttpClient& http,
                std::vector<project::LockedPackage> kept, const Work& work);

  /// Requests the pages of many projects in parallel.
  void prefetch(std::span<const std::string> names);
  /// Errors (environment): the index's, a stop.
  Result<const Listing*> find(const std::string& name);

  struct Wheel {
    const Listing* listing = nullptr;
    const pytorch::Build* build = nullptr;
    const index::IndexFile& file() const { return listing->files[build->file]; }
  };
  /// True if the channel serves a name that may come from the general index instead.
  bool may_move(const std::string& name) const;
  /// The names to take from the general index although the channel serves them; replaces the ones before.
  void move(std::set<std::string> names) { moved_ = std::move(names); }
  const std::set<std::string>& moved() const { return moved_; }

  /// Requests the metadata of many wheels in parallel.
  void prefetch_metadata(std::span<const Wheel> wheels);
  /// Errors (environment): the index's, a stop.
  Result<const specs::CoreMetadata*> metadata(const Wheel& wheel);
  /// Serves a project from a listing of the caller's, which must live as long as this object.
  void offer(const std::string& name, const Listing& listing) { offered_[name] = &listing; }
  /// Records that a version was skipped because its wheel cannot be used.
  void rule_out(const std::string& package, const specs::Version& version, std::string reason);
  /// The reasons recorded, by package and version.
  const std::map<std::pair<std::string, specs::Version>, std::string>& ruled_out() const {
    return ruled_out_;
  }
  /// Among the kept packages requested so far.
  const std::vector<Vanished>& vanished() const { return vanished_; }
  /// Bytes transferred for metadata so far.
  std::uint64_t metadata_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& client : clients_) bytes += client->metadata_bytes();
    return bytes;
  }

 private:
  using Origin = pytorch::PackageRule::From;
  Origin origin(const std::string& name) const;
  std::pair<std::string, bool> key_of(const std::string& name) const {
    return {name, moved_.count(name) != 0};
  }
  /// The index of a name that does not come from the channel.
  index::IndexClient& elsewhere(const std::string& name) const;
  index::IndexClient& client_of(const Listing& listing) const;
  using Page = Result<std::optional<index::ProjectPage>>;
  void keep(std::span<const std::string> names, std::vector<Page> pages, const index::IndexClient& from);
  void keep(const std::string& name, Page page, std::vector<pytorch::Build> builds,
            const index::IndexClient& from);
  /// Requests pages of the channel; returns the names that it does not have and that may come from elsewhere.
  std::vector<std::string> ask_channel(const std::vector<std::string>& names);
  Result<void> go_on() const;
  Result<void> add_hidden(const std::vector<std::string>& names, std::vector<Page>& pages);
  std::vector<std::pair<std::size_t, const project::LockedWheel*>> hidden_of(const std::string& name,
                                                                             const Page& page);

  net::HttpClient& http_;
  std::vector<std::unique_ptr<index::IndexClient>> clients_;  ///< all of them
  index::IndexClient* general_ = nullptr;
  index::IndexClient* channel_ = nullptr;                ///< null with channel "index"
  std::map<std::string, index::IndexClient*> assigned_;  ///< names that the recipe takes from an index
  std::set<std::string> asked_of_channel_;
  std::set<std::string> asked_of_general_;
  std::vector<project::LockedPackage> kept_;
  std::stop_token stop_;
  std::vector<Vanished> vanished_;
  std::map<std::pair<std::string, specs::Version>, std::string> ruled_out_;
  std::set<std::string> moved_;
  std::map<std::string, const Listing*> offered_;
  std::map<std::pair<std::string, bool>, Result<Listing>> listings_;  // by name, and whether it was moved
  std::map<specs::Url, Result<specs::CoreMetadata>> metadata_;        // by the file's
};

}  // namespace launch::locking
