#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/tree.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "store/store.hpp"
#include "store/tree_list.hpp"

namespace launch::store {

/// What was unpacked from a file of the store, once, and is collected with it.
struct Tree {
  std::filesystem::path folder;
  std::vector<TreeEntry> entries;
};

/// The tree that was unpacked from `from`; `name` is a plain file name, and says how. nullopt if there is
/// none; one that was changed is removed, with a warning, and made again by the caller: its files are not
/// hashed here, but what was written to has another time or size (tree_change).
std::optional<Tree> find_tree(const Store& store, const Digest& from, const std::string& name,
                              const Work& work);

/// The same for one that is useful but not needed: one that was changed stays as it is.
std::optional<Tree> unchanged_tree(const Store& store, const Digest& from, const std::string& name);

/// Makes the folder `made`, which is in the store, such a tree. `files` are those whose digests are known
/// already; the rest are hashed. All files get the time archive::kFileTime, unless `keeps_times`. Errors
/// (environment).
struct KeepTree {
  std::filesystem::path made;
  Digest from;
  std::string name;
  std::vector<archive::TreeFile> files = {};
  bool keeps_times = false;
};
Result<Tree> keep_tree(const Store& store, const KeepTree& tree, const Work& work);

/// Folders that containers mount, linked together from trees; it cannot be collected while this object lives.
struct Environment {
  std::filesystem::path folder;
  FileLock in_use;
};

/// The environment of that key, if the store has it as it was made; one that was changed is removed, with a
/// warning. Errors (environment): it was changed and is in use; its lock cannot be taken; a stop.
Result<std::optional<Environment>> find_environment(const Store& store, const Digest& key, const Work& work);

/// Where it is, or would be.
std::filesystem::path environment_folder(const Store& store, const Digest& key);

/// Held by the one process that makes trees and environments. What a killed one left is removed by the next.
class TreeMaker {
 public:
  /// Errors (environment): the lock cannot be taken, the folder cannot be made; a stop.
  static Result<TreeMaker> wait(const Store& store, const Work& work);
  TreeMaker(TreeMaker&& other) noexcept
      : store_(other.store_),
        work_(std::move(other.work_)),
        lock_(std::move(other.lock_)),
        scratch_(std::exchange(other.scratch_, {})) {}
  TreeMaker& operator=(TreeMaker&&) = delete;
  ~TreeMaker();

  /// A folder of the store's file system, removed with the object.
  const std::filesystem::path& scratch() const { return scratch_; }

  /// Makes the folder `made` below scratch() the environment of that key, of which there is none. Errors
  /// (environment).
  Result<Environment> keep(const std::filesystem::path& made, const Digest& key) const;

 private:
  TreeMaker(const Store& store, const Work& work, FileLock lock, std::filesystem::path scratch)
      : store_(&store), work_(work), lock_(std::move(lock)), scratch_(std::move(scratch)) {}
  const Store* store_;
  Work work_;
  FileLock lock_;
  std::filesystem::path scratch_;  ///< empty once it was moved from
};

}  // namespace launch::store
