#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

/// A lock at a revision of the project's git repository.
struct GitLock {
  std::string revision;        ///< "main"
  std::filesystem::path file;  ///< where it is in the work tree, if it still is
  std::string shown;           ///< "git:main:lockfiles/pylock.demo.toml"
  std::string text;
};

/// True for "git:…".
bool is_git_lock(std::string_view argument);

/// Reads "git:REV:LOCK", where LOCK is a recipe's name or a path; for "git:REV", the lock is that of `other`,
/// the argument for another lock. Errors: (input) no revision, or no lock in either argument; git does not
/// have that file at that revision; (environment) git cannot be run.
Result<GitLock> read_git_lock(const std::string& argument, const std::string& other,
                              const project::Project& project, const Context& context);

/// A file of the project at a revision; nullopt if git does not have it there, or cannot be run.
std::optional<std::string> read_git_file(const std::string& revision, const std::filesystem::path& file,
                                         const project::Project& project, const Context& context);

}  // namespace launch::commands
