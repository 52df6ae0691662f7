#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

#include "archive/installation.hpp"
#include "archive/zip.hpp"
#include "base/mapped_file.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// Another wheel of a package, often the one before. What a wheel has in common with it need not be unpacked
/// or compiled again.
class EarlierWheel {
 public:
  /// A wheel whose digest was verified. Errors: those of read_wheel_contents; (environment): it cannot be
  /// read.
  static Result<EarlierWheel> open(const std::filesystem::path& wheel, const InstallPaths& paths);

  /// Whether it installs the same content and mode at the path of `file`, which is one of `zip`'s: the
  /// entries' compressed bytes are the same. False for scripts, which an installer changes.
  bool has(const ZipFile& zip, const InstallFile& file) const;

  /// MappedFile::forget
  void forget() const { bytes_.forget(); }

 private:
  EarlierWheel(MappedFile bytes, ZipFile zip) : bytes_(std::move(bytes)), zip_(std::move(zip)) {}
  MappedFile bytes_;
  ZipFile zip_;
  std::unordered_map<std::string, InstallFile> files_;  ///< by path
};

}  // namespace launch::archive
