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
  std::string lock;                                ///< a recipe's name, or a path to any PEP 751 lock
  std::optional<std::filesystem::path> to = {};    ///< a folder that gets all files as well
  std::optional<std::filesystem::path> from = {};  ///< a folder that may have some of them
};

/// A package that cannot be fetched by its digest.
struct NotFetched {
  std::string package;
  project::LockedSource::Kind kind;  ///< vcs or directory
  std::string where;                 ///< LockedSource::where
};

struct FetchDocument {
  std::string lock;  ///< as messages show it
  /// Wheels, then archives of packages without wheels, then those of the interpreter.
  std::vector<project::LockedFile> files;
  std::size_t wheels = 0;        ///< how many of them are wheels
  std::size_t interpreters = 0;  ///< how many are of the interpreter
  std::vector<NotFetched> not_fetched;
  std::vector<std::filesystem::path> paths;  ///< in the store, in the order of the files
  std::size_t taken = 0;                     ///< files that came from FetchRequest::from
  std::size_t downloaded = 0;                ///< files that the store did not have
  std::uint64_t bytes = 0;                   ///< transferred over the network
  std::vector<std::string> folders;          ///< where files were also placed, as messages show them
  double seconds = 0;
};

/// Fills the store with all wheels of a lock, and with the source archives of packages that have none, and
/// places them next to a lock that names them by path. Errors: those of load_lock and fetch_locked; (input)
/// there is no folder to take files from; (environment) a file there has another sha256; a file cannot be
/// placed; a stop, after which the store keeps what was fetched.
Result<FetchDocument> fetch(const FetchRequest& request, const Context& context);

}  // namespace launch::commands
