#include "image/left_out.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <system_error>

#include "base/file.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 12> kCaches = {
    "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".ipynb_checkpoints",
    ".hypothesis", ".tox",          ".nox",        ".eggs",       ".idea",
    ".vscode",     ".direnv"};
constexpr std::array<std::string_view, 7> kNoted = {".git", ".hg", ".svn", ".bzr", ".jj", ".venv", ".cache"};
/// Where the locks are, and what `launch` writes beside them: a record of the image cannot be in the image.
constexpr std::string_view kLocks = "lockfiles";

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_cache_tag(const fs::path& folder) {
  constexpr std::uint64_t kMost = 1 << 16;
  std::error_code ignored;
  const auto tag = folder / kCacheTag;
  if (!fs::is_regular_file(tag, ignored)) return false;
  const auto text = read_file(tag, kMost);
  return text && text->starts_with(kCacheSignature);
}

bool is_wheel_house(const fs::path& folder) {
  std::error_code code;
  bool has_wheel = false;
  for (auto item = fs::directory_iterator(folder, code); !code && item != fs::directory_iterator();
       item.increment(code)) {
    const auto name = item->path().filename().string();
    const bool is_wheel = name.ends_with(".whl");
    if (!is_wheel && !name.ends_with(".tar.gz") && !name.ends_with(".zip") && name != ".gitignore")
      return false;
    has_wheel = has_wheel || is_wheel;
  }
  return has_wheel && !code;
}

}  // namespace

LeftOut left_out_folder(std::string_view path, const fs::path& folder) {
  const auto name = path.substr(path.rfind('/') + 1);
  if (is_one_of(kCaches, name)) return LeftOut::silently;
  std::error_code ignored;
  const bool noted =
      is_one_of(kNoted, name) || path == kLocks || fs::exists(folder / "pyvenv.cfg", ignored) ||
      fs::is_directory(folder / "conda-meta", ignored) || has_cache_tag(folder) || is_wheel_house(folder);
  return noted ? LeftOut::noted : LeftOut::no;
}

LeftOut left_out_file(std::string_view name) {
  if (name.ends_with(".pyc") || name.ends_with(".pyo") || name == ".DS_Store" || name == "Thumbs.db")
    return LeftOut::silently;
  return is_one_of(kNoted, name) ? LeftOut::noted : LeftOut::no;
}

}  // namespace launch::image
