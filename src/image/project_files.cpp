#include "image/project_files.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "archive/tree.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;

// Files that belong to the machine or the history of a project and are not needed at run time.
constexpr std::array<std::string_view, 14> kIgnored = {
    ".git",          ".hg",         ".svn",        "__pycache__",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".ipynb_checkpoints",
    ".venv",         ".tox",        ".nox",        ".DS_Store",
    ".idea",         ".vscode"};

bool is_ignored(const fs::path& path) {
  const auto name = path.filename().string();
  return std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end() || name.ends_with(".pyc");
}

Error copy_error(const project::Recipe& recipe, const project::CopyEntry& entry, std::string_view what) {
  return input_error(
      fmt::format("copy under [image] in recipes/{}.toml: {} {}", recipe.name, entry.from, what));
}

bool is_below(const fs::path& path, const fs::path& root) {
  const auto [end, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end();
}

/// Adds a file of the project, or all files in a folder.
class Finder {
 public:
  Finder(const project::Recipe& recipe, const project::CopyEntry& entry, fs::path root)
      : recipe_(recipe), entry_(entry), root_(std::move(root)) {}

  Result<void> add(const fs::path& source, const std::string& path, ProjectCopy& copy) const {
    std::error_code code;
    const auto real = fs::canonical(source, code);
    const auto status = code ? fs::file_status() : fs::status(real, code);
    const auto shown = source.lexically_relative(root_).string();
    if (code)
      return fail(copy_error(recipe_, entry_, fmt::format("cannot be read: {}: {}", shown, code.message())));
    if (!is_below(real, root_)) {
      return fail(copy_error(recipe_, entry_,
                             fmt::format("points outside the project: {} is {}", shown, real.string())));
    }
    if (fs::is_regular_file(status)) {
      const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      copy.files.push_back({real, path, executable});
      return {};
    }
    if (!fs::is_directory(status)) {
      return fail(
          copy_error(recipe_, entry_, fmt::format("holds {}, which is neither file nor folder", shown)));
    }
    if (!path.empty() && fs::is_symlink(source)) {
      return fail(copy_error(recipe_, entry_, fmt::format("holds {}, a link to a folder", shown))
                      .hint("add an entry for that folder"));
    }
    return add_folder(real, path, copy);
  }

 private:
  Result<void> add_folder(const fs::path& folder, const std::string& path, ProjectCopy& copy) const {
    std::error_code code;
    for (auto item = fs::directory_iterator(folder, code); !code && item != fs::directory_iterator();
         item.increment(code)) {
      if (is_ignored(item->path())) continue;
      const auto name = item->path().filename().string();
      TRY(add(item->path(), path.empty() ? name : fmt::format("{}/{}", path, name), copy));
    }
    if (code) return fail(io_error("read", folder, code.value()));
    return {};
  }

  const project::Recipe& recipe_;
  const project::CopyEntry& entry_;
  fs::path root_;
};

Result<ProjectCopy> find_copy(const project::Recipe& recipe, const project::CopyEntry& entry,
                              const fs::path& root) {
  const fs::path source = (root / entry.from).lexically_normal();
  std::error_code code;
  if (!fs::exists(source, code)) {
    return fail(copy_error(recipe, entry, "does not exist")
                    .hint(fmt::format("expected a file or folder {}", source.string())));
  }
  ProjectCopy copy;
  copy.to = entry.to.ends_with('/') ? entry.to : entry.to + "/";
  std::string path;
  if (!fs::is_directory(source, code)) {
    path = entry.to.ends_with('/') ? source.filename().string() : fs::path(entry.to).filename().string();
    if (!entry.to.ends_with('/')) copy.to = entry.to.substr(0, entry.to.rfind('/') + 1);
  }
  TRY(Finder(recipe, entry, root).add(source, path, copy));
  std::sort(copy.files.begin(), copy.files.end(),
            [](const ProjectFile& a, const ProjectFile& b) { return a.path < b.path; });
  return copy;
}

}  // namespace

Result<std::vector<ProjectCopy>> find_project_files(const project::Recipe& recipe, const fs::path& root) {
  std::error_code code;
  const auto real_root = fs::canonical(root, code);
  if (code) return fail(io_error("read", root, code.value()));
  std::vector<ProjectCopy> copies;
  copies.reserve(recipe.image.copy.size());
  for (const auto& entry : recipe.image.copy) {
    TRY_ASSIGN(auto copy, find_copy(recipe, entry, real_root));
    copies.push_back(std::move(copy));
  }
  return copies;
}

Result<Digest> project_digest(const std::vector<ProjectCopy>& copies) {
  Sha256 digest;
  for (const auto& copy : copies) {
    digest.update(fmt::format("copy {} {}\n", copy.files.size(), copy.to));
    for (const auto& file : copy.files) {
      TRY_ASSIGN(const auto content, sha256_file(file.source));
      digest.update(
          fmt::format("{} {} {} {}\n", content.hex(), file.executable, file.path.size(), file.path));
    }
  }
  return digest.digest();
}

Result<void> copy_project_files(Disk& disk, const std::vector<ProjectCopy>& copies, const fs::path& folder) {
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const auto own = std::to_string(i);
    TRY(archive::make_tree_folder(disk, folder, own));
    for (const auto& file : copies[i].files) {
      if (const auto slash = file.path.rfind('/'); slash != std::string::npos) {
        TRY(archive::make_tree_folder(disk, folder / own, std::string_view(file.path).substr(0, slash)));
      }
      TRY_ASSIGN(const auto source, MappedFile::open(file.source));
      TRY(archive::write_tree_file(disk, folder / own / file.path, source.text(), file.executable));
    }
  }
  return {};
}

}  // namespace launch::image
