#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "specs/ignore_patterns.hpp"

namespace launch::probe {

/// A file or folder to scan, and its name in messages.
struct ScanPath {
  std::filesystem::path path;
  std::string shown;
  /// What is left out below a folder: paths as they are shown, or relative to the folder. Null: nothing.
  std::shared_ptr<const specs::IgnorePatterns> exclude = {};
};

struct SourceFile {
  std::filesystem::path path;
  std::string shown;
};

/// What was not read and a user might expect to be.
struct LeftOut {
  struct Notebooks {
    std::string folder;  ///< the scanned one, as shown
    std::string first;
    std::size_t count = 0;
  };
  struct Environment {
    std::string folder;  ///< as shown
    std::string mark;    ///< what shows that it is one: "pyvenv.cfg", "conda-meta"
  };
  std::vector<Notebooks> notebooks;
  std::vector<Environment> environments;
};

/// Errors (input): no such file or folder.
Result<void> require_path(const ScanPath& path);

/// The file itself, or all *.py files below a folder, sorted. Skips what is excluded, hidden folders,
/// __pycache__, node_modules, environments of venv and conda, and links to folders; adds notebooks and
/// environments to `left_out`. Errors: (input) the path does not exist, is a notebook, or is a folder without
/// Python files; (environment) the folder cannot be listed.
Result<std::vector<SourceFile>> find_sources(const ScanPath& path, LeftOut& left_out);

}  // namespace launch::probe
