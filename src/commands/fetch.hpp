#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "project/lockfile.hpp"

namespace launch::commands {

struct FetchRequest {
  std::string lock;                              ///< a recipe's name, or a path to any PEP 751 lock
  std::optional<std::filesystem::path> to = {};  ///< a folder that gets all wheels as well
};

struct FetchDocument {
  std::string lock;  ///< as messages show it
  std::vector<project::LockedWheel> wheels;
  std::vector<std::filesystem::path> paths;  ///< in the store, in the order of the wheels
  std::size_t downloaded = 0;                ///< wheels that the store did not have
  std::uint64_t bytes = 0;                   ///< transferred over the network
  std::vector<std::string> folders;          ///< where wheels were also placed, as messages show them
  double seconds = 0;
};

/// Fills the wheel store with all wheels of a lock, and places them next to a lock that names them by path.
/// Errors: those of load_lock and fetch_locked; (environment) a wheel cannot be placed; a stop, after which
/// the store keeps what was fetched.
Result<FetchDocument> fetch(const FetchRequest& request, const Context& context);

}  // namespace launch::commands
