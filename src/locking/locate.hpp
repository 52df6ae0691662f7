#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "index/index_client.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/site.hpp"
#include "store/fetch.hpp"

namespace launch::locking {

/// Where the wheels of a lock can come from that names no host.
struct Origins {
  std::optional<specs::Url> channel = {};            ///< the index of the channel that the lock came from
  index::IndexSource general;                        ///< and find-links
  std::vector<project::Recipe::Index> further = {};  ///< each for its packages and no others
};

/// `further`: those of the recipe, as a lock by path names none.
Origins origins_of(const project::Provenance& provenance, const project::Site& site,
                   std::vector<project::Recipe::Index> further = {});

/// Finds URLs for wheels that a lock names by path only, by file name: on the index that the recipe has for
/// the package, else on the channel's, else on the general index, else beside the channel's pages
/// (find_hidden). Others are returned unchanged. Errors (environment): an index does not answer; a wheel is
/// gone, or has another sha256 now.
Result<std::vector<project::LockedWheel>> locate_wheels(std::vector<project::LockedWheel> wheels,
                                                        const Origins& origins, net::HttpClient& http);

/// Where a wheel that is named by path belongs, below the folder of the lock. Errors (input): the path leads
/// out of it.
Result<std::filesystem::path> place_beside_lock(const project::LockedWheel& wheel,
                                                const std::filesystem::path& lock_folder);

/// All wheels of a lock.
std::vector<project::LockedWheel> wheels_of(const project::Lockfile& lock);
/// The source archives of packages without wheels, and archives that a lock names by themselves.
std::vector<project::LockedFile> archives_of(const project::Lockfile& lock);

/// The archives of the interpreter: those of these platforms; none if the image has the base's own.
std::vector<project::LockedFile> interpreters_of(const project::Lockfile& lock,
                                                 std::span<const specs::Platform> platforms);

/// Brings archives of the interpreter into the store. Errors: those of fetch_locked, with the ways without
/// it.
Result<store::Fetched> fetch_interpreters(const std::vector<project::LockedFile>& archives,
                                          const store::Store& store, net::HttpClient& http, const Work& work);

/// A locked file as the store knows it. `lock_folder`: where a file named by path may already be.
store::Artifact artifact_of(const project::LockedWheel& wheel, const std::filesystem::path& lock_folder);

/// Fills the store with the wheels of a lock, locating those that it lacks. Errors: those of locate_wheels
/// and store::fetch.
Result<store::Fetched> fetch_locked(std::vector<project::LockedWheel> wheels, const Origins& origins,
                                    const std::filesystem::path& lock_folder, const store::Store& store,
                                    net::HttpClient& http, const Work& work);

}  // namespace launch::locking
