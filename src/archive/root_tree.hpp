#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::archive {

/// Who may use a file or folder.
struct Access {
  unsigned mode = 0;  ///< permissions: 0755
  unsigned owner = 0;
  unsigned group = 0;
  friend bool operator==(const Access&, const Access&) = default;
};

struct RootFile {
  std::string content;
  Access access;
  friend bool operator==(const RootFile&, const RootFile&) = default;
};

/// What the layers of an image leave of its folders and symbolic links, and of some of its files; and how
/// large they are.
struct RootTree {
  std::map<std::string, Access> folders = {};     ///< by path: "usr/local"
  std::map<std::string, std::string> links = {};  ///< targets by path: "bin" → "usr/bin"
  std::map<std::string, RootFile> files = {};     ///< by path: "etc/passwd"
  std::vector<std::uint64_t> sizes = {};          ///< bytes of each layer's tar, from the bottom
  friend bool operator==(const RootTree&, const RootTree&) = default;
};

/// The files that are read: those that say which users there are.
inline constexpr std::string_view kPasswd = "etc/passwd";
inline constexpr std::string_view kGroup = "etc/group";
inline constexpr std::string_view kShadow = "etc/shadow";
inline constexpr std::string_view kGroupShadow = "etc/gshadow";

/// Reads the layers of an image from the bottom, each a gzip-compressed tar, without unpacking them. Errors
/// (input): not such files; (environment): they cannot be read.
Result<RootTree> read_root_tree(std::span<const std::filesystem::path> layers);

/// The path that a path of the image leads to, when the links on its way are followed: "usr/lib/x" for
/// "lib/x". Errors (input): links that form a loop.
Result<std::string> resolve(const RootTree& tree, std::string_view path);

/// The tree as text, and back; nullopt for any other text.
std::string root_tree_text(const RootTree& tree);
std::optional<RootTree> parse_root_tree(std::string_view text);

}  // namespace launch::archive
