#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

/// The layout of a store on disk:
///   sha256/ab/ab12…/NAME       a file, by the digest of its content
///   sha256/ab/ab12…/NAME.part  its download, unfinished
///   sha256/ab/ab12…/layers/KEY what is known of a layer whose first wheel is that file (layer_record.hpp)
///   sha256/ab/ab12…/derived/KEY  a text that was made of that file (derived.hpp)
///   incoming/KEY/NAME.part     the download of a file whose digest is not known, by the digest of its URL
///   incoming/KEY/.hashed       what the last such download was
///   sha256/ab/ab12…/trees/NAME what was unpacked from that file: tree/, and list, which says what is in it
///   environments/KEY/          tree/, linked from such trees for containers to mount, and its list
///   environments/KEY.lock      held by runs that mount it
///   environments.lock          held briefly while an environment is compared with its list;
///                              exclusively to remove one
///   scratch/                   trees and environments that are being made
///   scratch.lock               held by the process that makes them
///   …/.lock                    held by the process that fetches the file
///   files/KEY                  what is known of the files that a recipe copies (known_files.hpp), by the
///   digest
///                              of the project's path and the recipe
///   roots/KEY                  the path of a file that needs what the store has, by the digest of that path
namespace launch::store {

inline constexpr std::string_view kLockName = ".lock";
inline constexpr std::string_view kHashedName = ".hashed";

/// sha256/ab/ab12…
std::filesystem::path digest_folder(const std::filesystem::path& root, const Digest& digest);
/// sha256/ab/ab12…/layers
std::filesystem::path layer_folder(const std::filesystem::path& root, const Digest& wheel);
/// sha256/ab/ab12…/derived
std::filesystem::path derived_folder(const std::filesystem::path& root, const Digest& from);
/// sha256/ab/ab12…/trees
std::filesystem::path trees_folder(const std::filesystem::path& root, const Digest& from);
/// environments
std::filesystem::path environments_folder(const std::filesystem::path& root);
/// files
std::filesystem::path known_files_folder(const std::filesystem::path& root);
/// Beside a tree and of an environment.
inline constexpr std::string_view kTreeName = "tree";
inline constexpr std::string_view kListName = "list";
/// scratch
std::filesystem::path scratch_folder(const std::filesystem::path& root);
/// The lock of an environment, or of the scratch folder: KEY.lock for KEY.
std::filesystem::path lock_of(const std::filesystem::path& folder);
/// When a folder was last used; nullopt if it does not exist.
std::optional<std::chrono::sys_seconds> last_use(const std::filesystem::path& folder);
/// The folders in a folder, sorted; none if it does not exist. Errors (environment): it cannot be read.
Result<std::vector<std::filesystem::path>> subfolders(const std::filesystem::path& folder);
/// incoming/KEY
std::filesystem::path incoming_folder(const std::filesystem::path& root, const Digest& key);

/// The order of files in lists: by name and digest.
bool comes_first(const Entry& a, const Entry& b);

/// One folder below sha256/ or incoming/.
struct Folder {
  std::filesystem::path path;
  std::optional<Digest> digest;  ///< nullopt below incoming/
  std::chrono::sys_seconds last_used;
  std::vector<Entry> files = {};
  std::size_t unfinished = 0;
  std::uint64_t unfinished_bytes = 0;
  std::vector<std::filesystem::path> scratch = {};  ///< what a killed process left

  /// Bytes that removing it frees: files with another hard link free none.
  std::uint64_t freed() const;
};

/// All of them; none if there is no store. Errors (environment): a folder cannot be read.
Result<std::vector<Folder>> read_folders(const std::filesystem::path& root);
/// Errors (environment): a file cannot be removed.
Result<void> remove_scratch(Disk& disk, const Folder& folder);

/// Removes what is known of files of projects and was not used for long. Returns how many bytes that frees.
/// Errors (environment).
Result<std::uint64_t> remove_known_files(Disk& disk, const std::filesystem::path& root,
                                         const CollectRequest& request);
/// Errors (environment): it cannot be written.
Result<void> note_root(Disk& disk, const std::filesystem::path& root, const std::filesystem::path& path);
/// The noted paths that still exist, sorted. Errors (environment): the notes cannot be read.
Result<std::vector<std::filesystem::path>> read_roots(const std::filesystem::path& root);
/// Removes the notes of paths that no longer exist. Errors (environment).
Result<void> remove_lost_roots(Disk& disk, const std::filesystem::path& root);

}  // namespace launch::store
