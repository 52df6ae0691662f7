#include "base/disk.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace launch {
namespace {

int errno_of(int returned) {
  return returned < 0 ? errno : 0;
}

/// Repeats the call until a signal does not interrupt it.
template <class Call>
int repeat(const Call& call) {
  for (;;) {
    const int error = errno_of(static_cast<int>(call()));
    if (error != EINTR) return error;
  }
}

/// Copies by sharing blocks; false where the file system cannot.
bool shares_blocks(const Disk::Path& from, const Disk::Path& to) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!source || ::fstat(source.get(), &status) != 0) return false;
  const Fd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  return target && ::ioctl(target.get(), FICLONE, source.get()) == 0 &&
         ::fchmod(target.get(), status.st_mode & 07777) == 0;
}

}  // namespace

int RealDisk::open(const Path& path, int flags, unsigned mode, Fd& file) {
  return repeat([&] {
    file = Fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    return file.get();
  });
}

int RealDisk::open_new(std::string& pattern, Fd& file) {
  file = Fd(::mkostemp(pattern.data(), O_CLOEXEC));
  return errno_of(file.get());
}

int RealDisk::write(const Fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

int RealDisk::write_at(const Fd& file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto put = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return 0;
}

int RealDisk::reserve(const Fd& file, std::uint64_t size, bool keep_size) {
  const auto length = static_cast<off_t>(size);
  if (!keep_size) return ::posix_fallocate(file.get(), 0, length);
  return repeat([&] { return ::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, length); });
}

int RealDisk::truncate(const Fd& file, std::uint64_t size) {
  return repeat([&] { return ::ftruncate(file.get(), static_cast<off_t>(size)); });
}

int RealDisk::set_mode(const Fd& file, unsigned mode) {
  return errno_of(::fchmod(file.get(), mode));
}

int RealDisk::flush(const Fd& file) {
  return repeat([&] { return ::fdatasync(file.get()); });
}

int RealDisk::rename(const Path& from, const Path& to) {
  return errno_of(::rename(from.c_str(), to.c_str()));
}

int RealDisk::link(const Path& from, const Path& to) {
  return errno_of(::link(from.c_str(), to.c_str()));
}

int RealDisk::copy(const Path& from, const Path& to) {
  if (shares_blocks(from, to)) return 0;
  std::error_code code;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, code);
  return code.value();
}

int RealDisk::symlink(const std::string& target, const Path& path) {
  return errno_of(::symlink(target.c_str(), path.c_str()));
}

int RealDisk::make_folder(const Path& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) != 0) return errno;
  return errno_of(::chmod(path.c_str(), mode));
}

int RealDisk::make_folders(const Path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return 0;
  return code ? code.value() : ENOTDIR;
}

int RealDisk::make_new_folder(std::string& pattern) {
  return ::mkdtemp(pattern.data()) == nullptr ? errno : 0;
}

int RealDisk::remove(const Path& path) {
  return errno_of(::unlink(path.c_str()));
}

int RealDisk::remove_all(const Path& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);
  return code.value();
}

int RealDisk::touch(const Path& path) {
  return ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0 ? 0 : errno;
}

int RealDisk::set_time(const Path& path, std::int64_t seconds) {
  const timespec time{.tv_sec = seconds, .tv_nsec = 0};
  const timespec times[2] = {time, time};
  return errno_of(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
}

}  // namespace launch
