#include "base/file.hpp"

#include <cerrno>
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
  auto error = world_error(fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(error_number)));
  if (error_number == ENOSPC || error_number == EDQUOT) {
    error.hint(
        fmt::format("free some space where {} lies, or choose another place, and run the command again",
                    path.parent_path().string()));
  }
  return error;
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
      return fail(world_error(fmt::format("{} is larger than {}", path.string(), human_bytes(most))));
    }
  }
}

namespace {

Result<void> write_all(int fd, std::string_view content, const std::filesystem::path& path, Flush flush) {
  while (!content.empty()) {
    const auto put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(io_error("write", path, errno));
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (flush == Flush::yes && ::fsync(fd) != 0) return fail(io_error("write", path, errno));
  return {};
}

}  // namespace

Result<void> write_file(const std::filesystem::path& path, std::string_view content, unsigned mode,
                        Flush flush) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  TRY(make_folder(folder));
  std::string beside = (folder / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  const Fd file(::mkostemp(beside.data(), O_CLOEXEC));
  if (!file) return fail(io_error("write", path, errno));
  auto written = write_all(file.get(), content, path, flush);
  if (written && ::fchmod(file.get(), mode) != 0) written = fail(io_error("write", path, errno));
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) written = fail(io_error("write", path, errno));
  if (!written) ::unlink(beside.c_str());
  return written;
}

Result<void> make_folder(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code && !std::filesystem::is_directory(path))
    return fail(io_error("make the folder", path, code.value()));
  return {};
}

namespace {

Result<Fd> open_lock(const std::filesystem::path& path) {
  if (path.has_parent_path()) TRY(make_folder(path.parent_path()));
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return fail(io_error("lock", path, errno));
  return file;
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  TRY_ASSIGN(auto file, open_lock(path));
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail(io_error("lock", path, errno));
  }
  return FileLock(std::move(file));
}

Result<std::optional<FileLock>> FileLock::try_acquire(const std::filesystem::path& path) {
  TRY_ASSIGN(auto file, open_lock(path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(file));
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail(io_error("lock", path, errno));
}

}  // namespace launch
