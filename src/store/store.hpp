#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "base/work.hpp"

namespace launch::store {

/// A file of a store.
struct Entry {
  Digest digest;
  std::string name;        ///< "torch-2.5.0+cu121-cp311-cp311-linux_x86_64.whl"
  std::uint64_t size = 0;  ///< bytes
  std::chrono::sys_seconds last_used;
  std::filesystem::path path;
};

/// What a store holds.
struct Contents {
  std::vector<Entry> files;    ///< by name and digest
  std::size_t unfinished = 0;  ///< downloads that were interrupted and can be resumed
  std::uint64_t unfinished_bytes = 0;
  std::size_t trees = 0;         ///< what was unpacked from files
  std::uint64_t tree_bytes = 0;  ///< all of them together; a file that several share counts once
  std::size_t environments = 0;  ///< that were linked together from trees
};

/// A file whose content does not have its digest, or the folder of a tree or environment that is not as it
/// was made; its digest is that of the file that was unpacked, or the environment's key.
struct Damage {
  Entry file;
  std::string found;  ///< "sha256 ab12…", or why it cannot be read; of a folder: "lib/a.txt was changed"
  bool is_unpacked = false;  ///< a folder
};

/// What to remove: what is not in `keep` and was last used before `unused_since`.
struct CollectRequest {
  std::set<Digest> keep = {};
  std::chrono::sys_seconds unused_since;
  bool dry_run = false;  ///< remove nothing
};

struct Collected {
  std::vector<Entry> removed;  ///< by name and digest
  std::size_t unfinished = 0;  ///< interrupted downloads that were removed
  std::size_t kept = 0;        ///< files that stay only because of `keep`
  std::uint64_t freed = 0;     ///< bytes; a file with a further hard link frees none
  std::size_t trees = 0;       ///< unpacked trees and environments that were removed
};

/// Files by the digest of their content, shared by all projects: ROOT/sha256/ab/ab12…/NAME. Knows no lock and
/// no index. Safe to use from several processes and threads: while a Store is open, no other process removes
/// files from it, and no file is handed out before its content has been hashed.
class Store {
 public:
  /// Waits while another process collects the store. A store that this process may not write is opened
  /// without that protection. Errors (environment): the store's lock file cannot be made; a stop.
  static Result<Store> open(std::filesystem::path root, const Work& work);
  /// The same for collect: waits until no other process has the store open, and keeps others out.
  static Result<Store> open_alone(std::filesystem::path root, const Work& work);

  const std::filesystem::path& root() const { return root_; }
  /// The place of a file, present or not. Of `name`, only the last part counts.
  std::filesystem::path path_of(const Digest& digest, std::string_view name) const;
  /// Whether there is a file, whatever its content.
  bool has(const Digest& digest, std::string_view name) const;

  /// The path of a file whose content has just been hashed; nullopt if there is none. Errors (environment):
  /// its content has another digest. The file is left as it is.
  Result<std::optional<std::filesystem::path>> find(const Digest& digest, std::string_view name) const;
  /// Adds a file, by hard link or copy. Errors (environment): it cannot be read, has another digest, or
  /// cannot be written.
  Result<std::filesystem::path> add(const std::filesystem::path& file, const Digest& digest,
                                    std::string_view name) const;

  /// All wheels, most recently used first; none if the store cannot be read. Their content was not hashed.
  std::vector<Entry> wheels() const;

  /// Errors (environment): a folder cannot be read.
  Result<Contents> list() const;
  /// Hashes files side by side, and those of unpacked trees, and returns those that are damaged, with the
  /// environments that share files with them or were changed. Errors (environment): a folder cannot be read;
  /// a stop.
  Result<std::vector<Damage>> verify(const std::vector<Entry>& files, const Work& work) const;

  /// Removes what nothing uses: files, what is known of those of projects, interrupted downloads, and what
  /// killed processes left behind. Trees and environments were made of files and can be made again, so `keep`
  /// does not keep them: those that were not used since then are removed, except trees that are part of an
  /// environment that stays, and environments that a run mounts. Only for a store that was opened alone.
  /// Errors (environment): a folder cannot be read or removed; a stop. What was removed before stays removed.
  Result<Collected> collect(const CollectRequest& request, const Work& work) const;

  /// Notes that `path`, a file that names digests, needs what the store has of them.
  /// Errors (environment): it cannot be written.
  Result<void> add_root(const std::filesystem::path& path) const;
  /// Those that were noted and still exist.
  Result<std::vector<std::filesystem::path>> roots() const;

 private:
  Store(std::filesystem::path root, Disk& disk, std::optional<FileLock> lock)
      : root_(std::move(root)), disk_(&disk), lock_(std::move(lock)) {}
  std::filesystem::path root_;
  Disk* disk_;
  std::optional<FileLock> lock_;  ///< shared
};

/// Adds what to do to the error of a file of the store that could not be written.
Error hint_at_store(Error error, const Store& store);

/// Makes `to` the same file as `from`, by hard link where possible, else by copy; never half-written.
/// Replaces what was there. Errors (environment).
Result<void> place_file(Disk& disk, const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace launch::store
