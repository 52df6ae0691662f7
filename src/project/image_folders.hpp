#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/recipe.hpp"

namespace launch::project {

/// The virtual environment of every image, into which wheels are installed.
inline constexpr std::string_view kVenv = "/opt/venv";
/// Where a standalone Python is in images: its archive's own folder, at the root.
inline constexpr std::string_view kPythonHome = "/python";

/// The one of these folders that an absolute path of an image is, or is below, and that the image uses;
/// nullopt if it is elsewhere.
std::optional<std::string_view> own_folder_of(std::string_view path, Recipe::Image::Python python);

/// What is wrong with the `to` of a copy; nullopt if it is valid: an absolute path outside these folders.
std::optional<std::string> bad_copy_place(const std::string& to, Recipe::Image::Python python);

}  // namespace launch::project
