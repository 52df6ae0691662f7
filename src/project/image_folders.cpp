#include "project/image_folders.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/folder.hpp"
#include "project/toml_values.hpp"

namespace launch::project {
namespace {

/// Normal. What begins with exactly two slashes may mean something else (POSIX), but not on Linux.
std::filesystem::path plain(std::string_view path) {
  const auto first = std::min(path.find_first_not_of('/'), path.size());
  return ("/" / std::filesystem::path(path.substr(first))).lexically_normal();
}

}  // namespace

std::optional<std::string_view> own_folder_of(std::string_view path, Recipe::Image::Python python) {
  if (is_below(plain(path), kVenv)) return kVenv;
  if (python == Recipe::Image::Python::standalone && is_below(plain(path), kPythonHome)) return kPythonHome;
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
