#include "project/image_folders.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/path_prefix.hpp"
#include "project/toml_values.hpp"

namespace launch::project {
namespace {

/// Normal. What begins with exactly two slashes may mean something else (POSIX), but not on Linux.
std::string plain(std::string_view path) {
  const auto first = path.find_first_not_of('/');
  if (first == 1 && path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos)
    return std::string(path);
  return ("/" / std::filesystem::path(path.substr(std::min(first, path.size())))).lexically_normal().string();
}

}  // namespace

std::optional<std::string_view> own_folder_of(std::string_view path, Recipe::Image::Python python) {
  const auto normal = plain(path);
  if (is_within(normal, kVenv)) return kVenv;
  if (python == Recipe::Image::Python::standalone && is_within(normal, kPythonHome)) return kPythonHome;
  return std::nullopt;
}

std::optional<std::string> bad_copy_place(const std::string& to, Recipe::Image::Python python) {
  if (auto what = bad_container_path(to)) return what;
  const auto own = own_folder_of(to, python);
  if (!own) return std::nullopt;
  return found(fmt::format("a path outside {}, which holds the image's {}", *own,
                           *own == kVenv ? "virtual environment" : "Python"),
               to);
}

}  // namespace launch::project
