#include "image/scratch.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

namespace launch::image {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".lock";

/// Returns 0 or errno; EWOULDBLOCK if another process holds it.
int take_lock(Disk& disk, const fs::path& folder, Fd& lock) {
  if (const int error = disk.open(folder.string() + kSuffix, O_RDWR | O_CREAT, 0644, lock)) return error;
  return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

void remove_with_lock(Disk& disk, const fs::path& folder) {
  disk.remove_all(folder);
  disk.remove(folder.string() + kSuffix);
}

/// Removes the folders whose process is gone.
void sweep(Disk& disk, const fs::path& parent) {
  std::error_code code;
  for (const auto& item : fs::directory_iterator(parent, code)) {
    if (!item.is_directory(code)) continue;
    Fd lock;
    if (take_lock(disk, item.path(), lock) == 0) remove_with_lock(disk, item.path());
  }
}

}  // namespace

Result<ScratchFolder> ScratchFolder::make(Disk& disk, const fs::path& parent) {
  TRY(make_folder(disk, parent));
  TRY_ASSIGN(const auto one_at_a_time, FileLock::acquire(disk, parent / ".lock"));
  sweep(disk, parent);
  auto pattern = (parent / "build-XXXXXX").string();
  if (const int error = disk.make_new_folder(pattern))
    return fail(io_error("create the folder", pattern, error));
  ScratchFolder made(disk, pattern);
  if (const int error = take_lock(disk, pattern, made.lock_)) {
    disk.remove_all(pattern);
    return fail(io_error("lock", pattern + kSuffix, error));
  }
  return made;
}

ScratchFolder::~ScratchFolder() {
  if (lock_) remove_with_lock(*disk_, path_);
}

}  // namespace launch::image
