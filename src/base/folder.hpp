#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace launch {

/// The files of a folder with that extension (".conf"), by name; none if it cannot be read.
std::vector<std::filesystem::path> files_with(const std::filesystem::path& folder,
                                              std::string_view extension);

/// Whether a path is that folder or below it; neither is looked up. A "/" at the end of `folder` does not
/// count.
bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace launch
