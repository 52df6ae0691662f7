#pragma once

#include <map>
#include <string>
#include <string_view>

#include "archive/zip.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// True for a file name by which a layer removes files (OCI image layer, "Whiteouts").
inline constexpr std::string_view kWhiteout = ".wh.";
constexpr bool is_whiteout(std::string_view file_name) {
  return file_name.starts_with(kWhiteout);
}

/// Checks that a wheel's entry is a plain file, by its Unix mode if it has one. Errors (input).
Result<void> check_file_type(const ZipEntry& entry);

/// The paths of one wheel, which must be a tree on every file system.
class LayerNames {
 public:
  /// Errors (input): not UTF-8; a part that a layer would read as the removal of a file (OCI image layer,
  /// "Whiteouts"), or longer than file systems allow; equal to an earlier path but for the case of letters
  /// (fold_case); a file that is also a folder.
  Result<void> add(const std::string& path);

 private:
  enum class Kind { file, folder };
  struct Name {
    std::string path;
    Kind kind;
  };
  Result<void> add_node(std::string_view path, Kind kind);
  std::map<std::string, Name> by_folded_;
};

}  // namespace launch::archive
