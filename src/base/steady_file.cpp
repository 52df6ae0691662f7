#include "base/steady_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"

namespace launch {

namespace {

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return time.tv_sec * kSecond + time.tv_nsec;
}

/// Whether the file is the one that was seen, with that content. Another link to it changes nothing of that.
bool is_same(const FileState& now, FileState seen) {
  seen.changed = now.changed;
  return now == seen;
}

}  // namespace

FileState FileState::of(const struct stat& file) {
  return {file.st_dev, file.st_ino, static_cast<std::uint64_t>(file.st_size), nanoseconds(file.st_mtim),
          nanoseconds(file.st_ctim)};
}

/// The file while it is read.
class SteadyFile::Open {
 public:
  explicit Open(const SteadyFile& file)
      : of_(file),
        file_(::open(file.path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
        error_(file_ ? 0 : errno) {}

  Result<void> read(std::uint64_t offset, std::span<char> buffer) {
    if (!file_) return fail(io_error("read", of_.path_, error_));
    while (!buffer.empty()) {
      const auto got = ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(io_error("read", of_.path_, errno));
      if (got == 0) return changed();
      offset += static_cast<std::uint64_t>(got);
      buffer = buffer.subspan(static_cast<std::size_t>(got));
    }
    return {};
  }

  /// What was read is of the file that was looked at.
  Result<void> check() const {
    struct stat now {};
    if (!file_) return fail(io_error("read", of_.path_, error_));
    if (::fstat(file_.get(), &now) != 0) return fail(io_error("read", of_.path_, errno));
    return is_same(FileState::of(now), of_.seen_) ? Result<void>() : changed();
  }

 private:
  Result<void> changed() const {
    return fail(environment_error(fmt::format("{} has changed since it was first read", of_.path_))
                    .hint("run the command again when nothing writes to it"));
  }

  const SteadyFile& of_;
  Fd file_;
  int error_;  ///< of opening it
};

Result<SteadyFile> SteadyFile::look_at(std::string path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0) return fail(io_error("read", path, errno));
  return SteadyFile(std::move(path), FileState::of(seen));
}

Result<void> SteadyFile::read(std::uint64_t offset, std::span<char> buffer) const {
  Open open(*this);
  TRY(open.read(offset, buffer));
  return open.check();
}

Result<void> SteadyFile::read_all(const std::function<Result<void>(std::string_view)>& take) const {
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  std::array<char, kPiece> buffer;  // NOLINT(*-member-init): it is read into
  Open open(*this);
  for (std::uint64_t done = 0; done < size();) {
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(kPiece, size() - done));
    TRY(open.read(done, piece));
    TRY(take({piece.data(), piece.size()}));
    done += piece.size();
  }
  return open.check();
}

}  // namespace launch
