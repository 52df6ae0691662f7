#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/installation.hpp"
#include "archive/zip.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// The content of INSTALLER.
inline constexpr std::string_view kInstaller = "launch\n";

/// What installing a wheel yields, RECORD and INSTALLER aside.
struct WheelContents {
  std::string dist_info;            ///< below the prefix: "lib/python3.12/site-packages/demo-1.0.dist-info"
  std::vector<InstallFile> files;   ///< those of the wheel that no other takes the place of
  std::vector<EntryPoint> scripts;  ///< by name, each once
};

/// Errors (input): the wheel is malformed; those of plan_installation and console_scripts; a file that
/// check_file_type or LayerNames refuse, or that would take the place of a part of the virtual environment,
/// so that no way to an image takes what another does not.
Result<WheelContents> read_wheel_contents(const ZipFile& zip, const InstallPaths& paths);

}  // namespace launch::archive
