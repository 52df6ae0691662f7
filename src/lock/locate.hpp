#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "base/result.hpp"
#include "lock/lockfile.hpp"
#include "lock/site.hpp"
#include "lock/wheel_store.hpp"
#include "net/http.hpp"

namespace launch::lock {

/// Finds URLs for wheels that a lock names by path only: by file name, on the channel's index that the lock
/// came from, else on the general index, else beside the channel's pages (find_hidden). Others are given back
/// as they are. Errors (world): an index does not answer; a wheel is no longer there, or has another sha256
/// there.
Result<std::vector<LockedWheel>> locate_wheels(std::vector<LockedWheel> wheels, const Provenance& provenance,
                                               const Site& site, net::HttpClient& http);

/// Where a wheel that is named by path belongs, below the folder of the lock. Errors (usage): the path leads
/// out of it.
Result<std::filesystem::path> place_beside_lock(const LockedWheel& wheel,
                                                const std::filesystem::path& lock_folder);

/// All wheels of a lock.
std::vector<LockedWheel> wheels_of(const Lockfile& lock);

/// A locked wheel as the store knows it. `lock_folder`: where a wheel named by path may lie already.
Artifact artifact_of(const LockedWheel& wheel, const std::filesystem::path& lock_folder);

/// Fills the store with wheels of a lock, located where the store lacks them. Errors: those of locate_wheels
/// and WheelStore::fetch.
Result<WheelStore::Fetched> fetch_locked(std::vector<LockedWheel> wheels, const Provenance& provenance,
                                         const std::filesystem::path& lock_folder, const Site& site,
                                         const WheelStore& store, net::HttpClient& http,
                                         const net::DownloadProgress& progress,
                                         const std::stop_token& stop = {});

}  // namespace launch::lock
