#include "store/layout.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <sys/stat.h>

#include "base/file.hpp"

namespace launch::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPart = ".part";
constexpr std::string_view kNote = ".part.note";

/// What is in a folder, sorted; nothing if it does not exist or is no folder.
Result<std::vector<fs::path>> children(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code code;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
    paths.push_back(at->path());
  if (code && code != std::errc::no_such_file_or_directory && code != std::errc::not_a_directory)
    return fail(io_error("read", folder, code.value()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::chrono::sys_seconds modified(const struct stat& status) {
  return std::chrono::sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec));
}

/// nullopt if it is no folder.
Result<std::optional<Folder>> read_folder(const fs::path& path, std::optional<Digest> digest) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  Folder folder{.path = path, .digest = std::move(digest), .last_used = modified(status)};
  TRY_ASSIGN(const auto files, children(path));
  for (const auto& file : files) {
    const auto name = file.filename().string();
    if (name == kLockName || name == kHashedName || name.ends_with(kNote)) continue;
    if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (name.starts_with('.')) {
      folder.scratch.push_back(file);
    } else if (!folder.digest || name.ends_with(kPart)) {
      ++folder.unfinished;
      folder.unfinished_bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;  // it may have holes
      folder.last_used = std::max(folder.last_used, modified(status));
    } else {
      folder.files.push_back({*folder.digest, name, size, folder.last_used, file});
    }
  }
  return folder;
}

/// The note of a root, and the path in it.
struct Root {
  fs::path note;
  fs::path path;
};

Result<std::vector<Root>> all_roots(const fs::path& root) {
  TRY_ASSIGN(const auto notes, children(root / "roots"));
  std::vector<Root> roots;
  for (const auto& note : notes) {
    if (!Digest::of_hex(note.filename().string())) continue;
    TRY_ASSIGN(auto path, read_file(note));
    roots.push_back({note, std::move(path)});
  }
  return roots;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

fs::path digest_folder(const fs::path& root, const Digest& digest) {
  return root / "sha256" / digest.hex().substr(0, 2) / digest.hex();
}

fs::path layer_folder(const fs::path& root, const Digest& wheel) {
  return digest_folder(root, wheel) / "layers";
}

fs::path derived_folder(const fs::path& root, const Digest& from) {
  return digest_folder(root, from) / "derived";
}

fs::path trees_folder(const fs::path& root, const Digest& from) {
  return digest_folder(root, from) / "trees";
}

fs::path environments_folder(const fs::path& root) {
  return root / "environments";
}

fs::path known_files_folder(const fs::path& root) {
  return root / "files";
}

fs::path scratch_folder(const fs::path& root) {
  return root / "scratch";
}

std::optional<std::chrono::sys_seconds> last_use(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
  return modified(status);
}

bool comes_first(const Entry& a, const Entry& b) {
  return std::tie(a.name, a.digest) < std::tie(b.name, b.digest);
}

fs::path lock_of(const fs::path& environment) {
  return environment.string() + ".lock";
}

Result<std::vector<fs::path>> subfolders(const fs::path& folder) {
  TRY_ASSIGN(auto paths, children(folder));
  std::erase_if(paths, [](const fs::path& path) {
    std::error_code ignored;
    return !fs::is_directory(fs::symlink_status(path, ignored));
  });
  return paths;
}

fs::path incoming_folder(const fs::path& root, const Digest& key) {
  return root / "incoming" / key.hex();
}

std::uint64_t Folder::freed() const {
  std::uint64_t sum = unfinished_bytes;
  for (const auto& file : files) {
    struct stat status {};
    if (::lstat(file.path.c_str(), &status) == 0 && status.st_nlink == 1) sum += file.size;
  }
  return sum;
}

Result<std::vector<Folder>> read_folders(const fs::path& root) {
  std::vector<Folder> folders;
  const auto read = [&](const fs::path& path, std::optional<Digest> digest) -> Result<void> {
    TRY_ASSIGN(auto folder, read_folder(path, std::move(digest)));
    if (folder) folders.push_back(*std::move(folder));
    return {};
  };
  TRY_ASSIGN(const auto prefixes, children(root / "sha256"));
  for (const auto& prefix : prefixes) {
    TRY_ASSIGN(const auto paths, children(prefix));
    for (const auto& path : paths) {
      if (auto digest = Digest::of_hex(path.filename().string())) TRY(read(path, std::move(digest)));
    }
  }
  TRY_ASSIGN(const auto incoming, children(root / "incoming"));
  for (const auto& path : incoming) TRY(read(path, std::nullopt));
  return folders;
}

Result<void> remove_scratch(Disk& disk, const Folder& folder) {
  for (const auto& file : folder.scratch) {
    if (const int error = disk.remove(file)) return fail(io_error("remove", file, error));
  }
  return {};
}

Result<std::uint64_t> remove_known_files(Disk& disk, const fs::path& root, const CollectRequest& request) {
  TRY_ASSIGN(const auto files, children(known_files_folder(root)));
  std::uint64_t freed = 0;
  for (const auto& file : files) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0 || modified(status) >= request.unused_since) continue;
    freed += static_cast<std::uint64_t>(status.st_size);
    if (request.dry_run) continue;
    if (const int error = disk.remove(file)) return fail(io_error("remove", file, error));
  }
  return freed;
}

Result<void> note_root(Disk& disk, const fs::path& root, const fs::path& path) {
  const auto note = root / "roots" / Digest::of(path.string()).hex();
  return is_file(note) ? Result<void>() : write_file(disk, note, path.string());
}

Result<std::vector<fs::path>> read_roots(const fs::path& root) {
  TRY_ASSIGN(const auto roots, all_roots(root));
  std::vector<fs::path> paths;
  for (const auto& each : roots) {
    if (is_file(each.path)) paths.push_back(each.path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<void> remove_lost_roots(Disk& disk, const fs::path& root) {
  TRY_ASSIGN(const auto roots, all_roots(root));
  for (const auto& each : roots) {
    if (is_file(each.path)) continue;
    if (const int error = disk.remove(each.note)) return fail(io_error("remove", each.note, error));
  }
  return {};
}

}  // namespace launch::store
