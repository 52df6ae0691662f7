#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

#include "archive/file_layer.hpp"
#include "base/steady_file.hpp"
#include "base/work.hpp"
#include "store/store.hpp"

namespace launch::store {

/// A file of a project as it was when it was read.
struct KnownFile {
  FileState state;
  archive::FileSums sums;
  bool looks_secret = false;  ///< by its name or content
};

/// What is known of the files that a recipe copies, so that those that have not changed since need not be
/// read again, as git's index does it. Kept in the store, for each project and recipe. A file that was
/// written, or replaced, less than two seconds before this object was made, or since, is not kept: another
/// change of that moment might have the same times.
class KnownFiles {
 public:
  /// Knows nothing, and keeps nothing.
  KnownFiles() = default;
  /// What was kept for a recipe; nothing if it is damaged. `project` is the canonical path of its root.
  KnownFiles(const Store& store, const std::filesystem::path& project, const std::string& recipe,
             const Work& work);

  /// By its path below the root; null if it is not known, or has another state.
  const KnownFile* find(const std::string& path, const FileState& state);
  /// Returns what is known from then on.
  const KnownFile& add(const std::string& path, KnownFile file);
  /// Keeps what was found or added, if anything was added since. Failing is no error: files are only read
  /// again.
  void keep();

 private:
  struct Row {
    KnownFile file;
    bool is_used = false;  ///< found or added
  };
  void parse(std::string_view text);

  Disk* disk_ = nullptr;  ///< null: keeps nothing
  std::filesystem::path place_;
  std::int64_t oldest_ = 0;  ///< what was written from here on is not kept, in nanoseconds since 1970
  std::unordered_map<std::string, Row> rows_;
  bool has_new_ = false;
};

}  // namespace launch::store
