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

/// Where a link in a folder of the tree leads, without regard to further links. An absolute one starts at the
/// root of the machine, which may be recorded here.
Tree::Path Tree::target_of(const Path& folder, const Path& target) const {
  if (!target.is_absolute()) return folder / target;
  const auto below = target.lexically_relative(root_);
  return leaves(below) ? target.relative_path() : below;
}

std::optional<Tree::Path> Tree::resolve(const Path& path, int links) const {
  constexpr int kMostLinks = 40;  // of a path, as Linux allows
  Path here;
  std::error_code error;
  for (const auto& part : path) {
    if (part == ".." && here.empty()) return std::nullopt;
    if (part == "..") here = here.parent_path();
    if (part == ".." || part == "." || part.empty()) continue;
    const auto next = here / part;
    if (const auto known = resolved_.find(next.native()); known != resolved_.end()) {
      here = known->second;
      continue;
    }
    const auto type = fs::symlink_status(root_ / next, error).type();
    if (error || type == fs::file_type::not_found) return std::nullopt;
    if (type == fs::file_type::symlink) {
      const auto target = fs::read_symlink(root_ / next, error);
      if (error || links >= kMostLinks) return std::nullopt;
      const auto leads_to = target_of(here, target);
      seen_.links[next] = leads_to.lexically_relative(here.empty() ? "." : here).string();
      auto end = resolve(leads_to, links + 1);
      if (!end) return std::nullopt;
      here = *std::move(end);
    } else {
      here = next;
    }
    if (type == fs::file_type::symlink || type == fs::file_type::directory) resolved_[next.native()] = here;
  }
  return here;
}

std::optional<Tree::Path> Tree::real(const Path& path) const {
  auto found = resolve(path, 0);
  std::error_code error;
  if (found && fs::is_directory(root_ / *found, error)) seen_.folders.insert(*found);
  return found;
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
  seen_.links[*folder / path.filename()] =
      target_of(*folder, target).lexically_relative(folder->empty() ? "." : *folder).string();
  return target.filename().string();
}

}  // namespace launch::fabric
