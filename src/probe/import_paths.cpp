#include "probe/import_paths.hpp"

#include <utility>
#include <vector>

#include "archive/installation.hpp"

namespace launch::probe {

pysource::ModuleFiles modules_of(std::span<const std::string> archive_paths) {
  std::vector<std::string> paths;
  for (const auto& archive_path : archive_paths) {
    if (auto path = archive::import_path(archive_path)) paths.push_back(std::move(*path));
  }
  return pysource::ModuleFiles(std::move(paths));
}

}  // namespace launch::probe
