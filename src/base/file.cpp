#include "base/file.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"

namespace launch {

Error io_error(std::string_view verb, const std::filesystem::path& path, int error_number) {
  auto error =
      environment_error(fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(error_number)))
          .because_of(error_number);
  if (error_number == ENOSPC || error_number == EDQUOT) {
    error.hint(
        fmt::format("free some space on the disk of {}, or choose another folder, and run the command again",
                    path.parent_path().string()));
  }
  return error;
}

std::optional<std::string> state_of_file(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return fmt::format("{} {} {} {}.{}", path.string(), found.st_ino, found.st_size, found.st_mtim.tv_sec,
                     found.st_mtim.tv_nsec);
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t most) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(io_error("read", path, errno));
  std::string content;
  std::vector<char> buffer(std::size_t{1} << 16);
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(io_error("read", path, errno));
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > most) {
      return fail(environment_error(fmt::format("{} is larger than {}", path.string(), human_bytes(most))));
    }
  }
}

Result<void> write_file(Disk& disk, const std::filesystem::path& path, std::string_view content,
                        unsigned mode, Flush flush) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  TRY(make_folder(disk, folder));
  std::string beside = (folder / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  Fd file;
  if (const int error = disk.open_new(beside, file)) return fail(io_error("write", path, error));
  int error = disk.write(file, content);
  if (error == 0 && flush == Flush::yes) error = disk.flush(file);
  if (error == 0) error = disk.set_mode(file, mode);
  if (error == 0) error = disk.rename(beside, path);
  if (error == 0) return {};
  disk.remove(beside);
  return fail(io_error("write", path, error));
}

Result<void> make_folder(Disk& disk, const std::filesystem::path& path) {
  if (const int error = disk.make_folders(path)) return fail(io_error("create the folder", path, error));
  return {};
}

namespace {

Result<Fd> open_lock(Disk& disk, const std::filesystem::path& path) {
  if (path.has_parent_path()) TRY(make_folder(disk, path.parent_path()));
  Fd file;
  if (const int error = disk.open(path, O_RDWR | O_CREAT, 0644, file))
    return fail(io_error("lock", path, error));
  return file;
}

}  // namespace

Result<FileLock> FileLock::acquire(Disk& disk, const std::filesystem::path& path) {
  TRY_ASSIGN(auto file, open_lock(disk, path));
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail(io_error("lock", path, errno));
  }
  return FileLock(std::move(file));
}

Result<std::optional<FileLock>> FileLock::try_acquire(Disk& disk, const std::filesystem::path& path,
                                                      LockMode mode) {
  TRY_ASSIGN(auto file, open_lock(disk, path));
  const int operation = mode == LockMode::shared ? LOCK_SH : LOCK_EX;
  if (::flock(file.get(), operation | LOCK_NB) == 0) return FileLock(std::move(file));
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail(io_error("lock", path, errno));
}

Result<FileLock> FileLock::wait(const Work& work, const std::filesystem::path& path, LockMode mode,
                                std::string_view note, std::string_view stopped) {
  constexpr std::chrono::milliseconds kPause{100};
  for (bool noted = note.empty();; noted = true) {
    TRY_ASSIGN(auto lock, try_acquire(work.disk, path, mode));
    if (lock) return *std::move(lock);
    if (work.stop.stop_requested()) return fail(environment_error(std::string(stopped)));
    if (!noted) work.reporter.note(note);
    work.clock.sleep(kPause, work.stop);
  }
}

}  // namespace launch
