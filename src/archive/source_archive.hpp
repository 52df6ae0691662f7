#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::archive {

/// What is known of a package from its source archive without running anything of it.
struct SourceArchive {
  std::string root;  ///< the one folder that holds everything: "demo-1.0"
  std::optional<std::string> pkg_info;
  std::optional<std::string> pyproject;
  bool has_setup_py = false;
  std::int64_t newest = 0;  ///< the newest time of a file, seconds since 1970; 0 if unknown
};

/// True for a source archive of a kind that read_source_archive reads: .tar.gz, .tgz, .zip.
bool is_readable_source(std::string_view file_name);

/// Reads a source archive; unpacks nothing. Errors: (input) damaged; a path or link that leads out of the
/// archive, a device; several folders at its top; far larger unpacked than packed; (environment) it cannot be
/// read.
Result<SourceArchive> read_source_archive(const std::filesystem::path& file);

}  // namespace launch::archive
