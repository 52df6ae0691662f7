#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace launch::fabric {

/// Files of sysfs, procfs and /etc below a root, which is "/" or a recorded copy. Paths are relative to it.
/// What is missing, cannot be read, or is reached by a link that leaves the root, is nullopt or empty.
class Tree {
 public:
  using Path = std::filesystem::path;
  explicit Tree(const Path& root);

  /// The content without white space at its ends, of at most 1 MiB.
  std::optional<std::string> text(const Path& path) const;
  /// The content as it is.
  std::optional<std::string> content(const Path& path) const;
  bool exists(const Path& path) const;
  /// The names in a folder, sorted.
  std::vector<std::string> names(const Path& path) const;
  /// The path without links.
  std::optional<Path> real(const Path& path) const;
  /// The last component of what a link points to, which need not exist.
  std::string link_name(const Path& path) const;

  /// What has been read so far: the content of each file (empty if it was only looked for), and the target of
  /// each link, relative to its folder, so that a copy anywhere leads to the same place.
  struct Seen {
    std::map<Path, std::string> files;
    std::map<Path, std::string> links;
    std::set<Path> folders;
  };
  const Seen& seen() const { return seen_; }

 private:
  Path target_of(const Path& folder, const Path& target) const;
  std::optional<Path> resolve(const Path& path, int links) const;

  Path root_;
  mutable Seen seen_;
  mutable std::unordered_map<std::string, Path> resolved_;  ///< folders and links → where they are
};

}  // namespace launch::fabric
