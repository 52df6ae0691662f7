#include "image/scratch.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace launch::image {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".lock";

Fd open_lock(const fs::path& folder) {
  return Fd(::open((folder.string() + kSuffix).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
}

bool take(const Fd& lock) {
  return lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

void remove_with_lock(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  fs::remove(folder.string() + kSuffix, ignored);
}

/// Removes the folders whose process is gone.
void sweep(const fs::path& parent) {
  std::error_code code;
  for (const auto& item : fs::directory_iterator(parent, code)) {
    if (!item.is_directory(code)) continue;
    const auto lock = open_lock(item.path());
    if (take(lock)) remove_with_lock(item.path());
  }
}

}  // namespace

Result<ScratchFolder> ScratchFolder::make(const fs::path& parent) {
  TRY(make_folder(parent));
  TRY_ASSIGN(const auto one_at_a_time, FileLock::acquire(parent / ".lock"));
  sweep(parent);
  auto pattern = (parent / "build-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return fail(io_error("make the folder", pattern, errno));
  ScratchFolder made(pattern, open_lock(pattern));
  if (!take(made.lock_)) return fail(io_error("lock", pattern + kSuffix, errno));
  return made;
}

ScratchFolder::~ScratchFolder() {
  if (lock_) remove_with_lock(path_);
}

}  // namespace launch::image
