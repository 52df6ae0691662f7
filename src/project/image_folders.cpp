#include "project/image_folders.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "project/toml_values.hpp"

namespace launch::project {
namespace {

bool is_below(std::string_view path, std::string_view folder) {
  // What begins with exactly two slashes may mean something else (POSIX), but not on Linux.
  const auto first = std::min(path.find_first_not_of('/'), path.size());
  const std::filesystem::path rest(path.substr(first));
  const auto below = ("/" / rest).lexically_normal();
  const std::filesystem::path wanted(folder);
  return std::mismatch(wanted.begin(), wanted.end(), below.begin(), below.end()).first == wanted.end();
}

}  // namespace

std::optional<std::string_view> own_folder_of(std::string_view path, Recipe::Image::Python python) {
  if (is_below(path, kVenv)) return kVenv;
  if (python == Recipe::Image::Python::standalone && is_below(path, kPythonHome)) return kPythonHome;
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
