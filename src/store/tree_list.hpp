#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::store {

/// A file, folder or symbolic link of a tree on disk.
struct TreeEntry {
  enum class Kind { file, folder, link };
  Kind kind = Kind::file;
  std::string path = {};     ///< below the tree's root
  unsigned mode = 0;         ///< permissions
  std::int64_t time = 0;     ///< last modification of a file, seconds since 1970
  std::uint64_t size = 0;    ///< bytes of a file
  std::string content = {};  ///< a file's sha256, a link's target
  friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

/// What is in a folder, sorted by path, which puts a folder before its contents; files without their sha256.
/// Errors (environment): it cannot be read; it holds a device or a pipe.
Result<std::vector<TreeEntry>> read_tree(const std::filesystem::path& root);

/// Where a folder is not as its list says: "bin/x was changed", "y was added"; nullopt if it is. Files are
/// not read: one that was written to has another time or size.
std::optional<std::string> tree_change(const std::vector<TreeEntry>& expected,
                                       const std::filesystem::path& root);

/// The list as text, and back; nullopt for anything but such a text, whole and undamaged.
std::string tree_text(const std::vector<TreeEntry>& entries);
std::optional<std::vector<TreeEntry>> parse_tree(std::string_view text);

/// The list beside a tree in the store (layout.hpp); nullopt if it is missing or damaged.
std::optional<std::vector<TreeEntry>> tree_list(const std::filesystem::path& folder);

}  // namespace launch::store
