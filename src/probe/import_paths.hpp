#pragma once

#include <span>
#include <string>

#include "pysource/module_files.hpp"

namespace launch::probe {

/// The modules of a wheel with these files, by their paths in the archive.
pysource::ModuleFiles modules_of(std::span<const std::string> archive_paths);

}  // namespace launch::probe
