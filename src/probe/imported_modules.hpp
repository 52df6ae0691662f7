#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>

#include "base/result.hpp"
#include "probe/source_files.hpp"

namespace launch::probe {

/// What code imports, wherever and however firmly, and what it is made of.
struct ImportedModules {
  /// By top-level module: modules, and names from modules, in full ("torch.nn", "torch.nn.Module").
  std::map<std::string, std::set<std::string>> names;
  std::set<std::string, std::less<>> own_names;  ///< of the files, without ".py", and of their folders
  std::set<std::filesystem::path> folders;       ///< of the files
};

/// Lists the absolute imports of the sources (find_sources). Errors: those of find_sources; (environment) a
/// file that cannot be read.
Result<ImportedModules> list_imports(std::span<const ScanPath> paths);

}  // namespace launch::probe
