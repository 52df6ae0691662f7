#include "fabric/tree.hpp"

#include <algorithm>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::fabric {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;

bool leaves(const fs::path& relative) {
  return relative.empty() || *relative.begin() == "..";
}

}  // namespace

Tree::Tree(const Path& root) {
  std::error_code error;
  root_ = fs::canonical(root, error);
  if (error) root_ = root;
}

std::optional<Tree::Path> Tree::real(const Path& path) const {
  std::error_code error;
  const auto found = fs::canonical(root_ / path, error);
  if (error) return std::nullopt;
  const auto relative = found.lexically_relative(root_);
  if (leaves(relative)) return std::nullopt;
  if (fs::is_directory(found, error)) seen_.folders.insert(relative);
  if (relative == path.lexically_normal()) return relative;
  // The links on the way, so that a copy leads to the same place.
  Path so_far;
  for (const auto& part : path) {
    so_far /= part;
    if (!fs::is_symlink(root_ / so_far, error)) continue;
    const auto target = fs::read_symlink(root_ / so_far, error);
    const auto folder = real(so_far.parent_path());
    if (!error && folder) seen_.links[*folder / part] = target.string();
  }
  return relative;
}

std::optional<std::string> Tree::content(const Path& path) const {
  const auto found = real(path);
  if (!found) return std::nullopt;
  std::error_code error;
  if (!fs::is_regular_file(root_ / *found, error)) return std::nullopt;
  auto read = read_file(root_ / *found, kMostBytes);
  if (!read) return std::nullopt;
  seen_.files[*found] = *read;
  return *std::move(read);
}

std::optional<std::string> Tree::text(const Path& path) const {
  const auto read = content(path);
  if (!read) return std::nullopt;
  return std::string(trim(*read));
}

bool Tree::exists(const Path& path) const {
  const auto found = real(path);
  std::error_code error;
  if (found && fs::is_regular_file(root_ / *found, error)) seen_.files.try_emplace(*found);
  return found.has_value();
}

std::vector<std::string> Tree::names(const Path& path) const {
  std::vector<std::string> out;
  const auto found = real(path);
  if (!found) return out;
  std::error_code error;
  for (fs::directory_iterator each(root_ / *found, error), end; !error && each != end;
       each.increment(error)) {
    out.push_back(each->path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string Tree::link_name(const Path& path) const {
  std::error_code error;
  const auto folder = real(path.parent_path());
  if (!folder) return {};
  const auto target = fs::read_symlink(root_ / *folder / path.filename(), error);
  if (error) return {};
  seen_.links[*folder / path.filename()] = target.string();
  return target.filename().string();
}

}  // namespace launch::fabric
