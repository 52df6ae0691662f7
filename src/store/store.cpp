#include "store/store.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "store/layout.hpp"
#include "store/tree_list.hpp"

namespace launch::store {

namespace fs = std::filesystem;

namespace {

/// Whether files can be created in a folder, or in its nearest existing parent.
bool is_writable(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return ::access(folder.c_str(), W_OK) == 0;
}

Result<FileLock> lock_store(const fs::path& root, LockMode mode, const Work& work) {
  return FileLock::wait(work, root / kLockName, mode,
                        fmt::format("waiting for another launch that is using {}", root.string()),
                        "stopped while waiting for the store");
}

Result<void> check_digest(const fs::path& file, const Digest& expected, std::string_view hint) {
  TRY_ASSIGN(const auto digest, sha256_file(file));
  if (digest == expected) return {};
  return fail(environment_error(fmt::format("{} has the sha256 {}, expected {}", file.string(), digest.hex(),
                                            expected.hex()))
                  .hint(std::string(hint)));
}

std::string scratch_name(const fs::path& place) {
  static std::atomic<unsigned> count{0};
  return (place.parent_path() / fmt::format(".{}.{}.{}", place.filename().string(), ::getpid(), ++count))
      .string();
}

Result<void> copy_bytes(Disk& disk, const fs::path& from, const fs::path& to) {
  if (const int error = disk.copy(from, to))
    return fail(io_error(fmt::format("copy {} to", from.string()), to, error));
  Fd file;
  int error = disk.open(to, O_RDONLY, 0, file);
  if (error == 0) error = disk.flush(file);
  if (error != 0) return fail(io_error("write", to, error));
  return {};
}

/// Links, or copies, `from` to a scratch file in the folder of `to`.
Result<fs::path> bring_beside(Disk& disk, const fs::path& from, const fs::path& to) {
  std::error_code code;
  const auto source = fs::canonical(from, code);
  if (code) return fail(io_error("read", from, code.value()));
  TRY(make_folder(disk, to.parent_path()));
  fs::path beside = scratch_name(to);
  if (disk.link(source, beside) == 0) return beside;
  if (auto copied = copy_bytes(disk, from, beside); !copied) {
    disk.remove(beside);
    return fail(std::move(copied.error()));
  }
  return beside;
}

Result<void> move_into_place(Disk& disk, const fs::path& beside, const fs::path& to) {
  const int error = disk.rename(beside, to);
  disk.remove(beside);  // rename() leaves the old name when both are links to one file
  if (error != 0) return fail(io_error("write", to, error));
  return {};
}

}  // namespace

Result<Store> Store::open(fs::path root, const Work& work) {
  if (!is_writable(root)) return Store(std::move(root), work.disk, std::nullopt);
  TRY_ASSIGN(auto lock, lock_store(root, LockMode::shared, work));
  return Store(std::move(root), work.disk, std::move(lock));
}

Result<Store> Store::open_alone(fs::path root, const Work& work) {
  TRY_ASSIGN(auto lock, lock_store(root, LockMode::exclusive, work));
  return Store(std::move(root), work.disk, std::move(lock));
}

fs::path Store::path_of(const Digest& digest, std::string_view name) const {
  return digest_folder(root_, digest) / fs::path(name).filename();
}

bool Store::has(const Digest& digest, std::string_view name) const {
  std::error_code ignored;
  return fs::is_regular_file(path_of(digest, name), ignored);
}

Result<std::optional<fs::path>> Store::find(const Digest& digest, std::string_view name) const {
  if (!has(digest, name)) return std::nullopt;
  auto path = path_of(digest, name);
  TRY(check_digest(
      path, digest,
      fmt::format("remove it; it is fetched again when needed: rm {}", shell_quote(path.string()))));
  // The folder's time, since hard links share the file's. A failure does not matter: a store that cannot be
  // written cannot be collected either.
  disk_->touch(path.parent_path());
  return path;
}

Result<fs::path> Store::add(const fs::path& file, const Digest& digest, std::string_view name) const {
  auto place = path_of(digest, name);
  // Hashed after it was copied, so that what is handed out is what was hashed.
  TRY_ASSIGN(const auto beside, bring_beside(*disk_, file, place));
  if (auto good = check_digest(beside, digest, ""); !good) {
    disk_->remove(beside);
    TRY(check_digest(file, digest,
                     fmt::format("remove {} or replace it by the right file", shell_quote(file.string()))));
    return fail(std::move(good.error()));
  }
  TRY(move_into_place(*disk_, beside, place));
  return place;
}

std::vector<Entry> Store::wheels() const {
  std::vector<Entry> found;
  const auto folders = read_folders(root_);
  if (!folders) return found;
  for (const auto& folder : *folders) {
    if (!folder.digest) continue;
    for (const auto& file : folder.files) {
      if (file.name.ends_with(".whl")) found.push_back(file);
    }
  }
  std::sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) {
    return std::tuple(b.last_used, a.digest) < std::tuple(a.last_used, b.digest);
  });
  return found;
}

Result<Contents> Store::list() const {
  TRY_ASSIGN(const auto folders, read_folders(root_));
  Contents contents;
  std::set<ino_t> counted;  // trees of one package share files
  for (const auto& folder : folders) {
    contents.files.insert(contents.files.end(), folder.files.begin(), folder.files.end());
    contents.unfinished += folder.unfinished;
    contents.unfinished_bytes += folder.unfinished_bytes;
    if (!folder.digest) continue;
    TRY_ASSIGN(const auto trees, subfolders(trees_folder(root_, *folder.digest)));
    contents.trees += trees.size();
    for (const auto& tree : trees) {
      for (const auto& entry : tree_list(tree).value_or(std::vector<TreeEntry>())) {
        if (entry.kind != TreeEntry::Kind::file) continue;
        struct stat status {};
        if (::lstat((tree / kTreeName / entry.path).c_str(), &status) != 0) continue;
        if (counted.insert(status.st_ino).second) contents.tree_bytes += entry.size;
      }
    }
  }
  TRY_ASSIGN(const auto environments, subfolders(environments_folder(root_)));
  contents.environments = environments.size();
  std::sort(contents.files.begin(), contents.files.end(), comes_first);
  return contents;
}

Result<void> Store::add_root(const fs::path& path) const {
  return note_root(*disk_, root_, path);
}

Result<std::vector<fs::path>> Store::roots() const {
  return read_roots(root_);
}

Error hint_at_store(Error error, const Store& store) {
  const auto folder = store.root().string();
  if (error.message().find(folder) == std::string::npos) return error;
  switch (error.number()) {
    case ENOSPC:
    case EDQUOT:
      return std::move(error).without_hints().hint(
          fmt::format("free some space on the disk of the store {}, for example with `launch store gc`, or "
                      "set LAUNCH_STORE to a folder on another disk",
                      folder));
    case EROFS:
    case EACCES:
    case EPERM:
      return std::move(error).hint(fmt::format(
          "an environment is made in the store {}: make it writable, or set LAUNCH_STORE to a folder that is",
          folder));
    default:
      return error;
  }
}

Result<void> place_file(Disk& disk, const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (fs::equivalent(from, to, code) && !code) return {};
  TRY_ASSIGN(const auto beside, bring_beside(disk, from, to));
  return move_into_place(disk, beside, to);
}

}  // namespace launch::store
