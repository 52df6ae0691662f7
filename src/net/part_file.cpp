#include "net/part_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::net {
namespace {

constexpr std::uint64_t kLongestNote = std::uint64_t{4} << 20;

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
  return path += suffix;
}

/// Names one start of the machine: bytes that were written before it may not have reached the disk.
std::string boot_id() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 100);
  return text ? std::string(trim(*text)) : "unknown";
}

bool same_file(int fd, const std::filesystem::path& path) {
  struct stat open_one {};
  struct stat named {};
  return ::fstat(fd, &open_one) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

std::optional<PartNote> parse_note(const std::string& text, const std::string& boot) {
  const auto json = parse_json<nlohmann::json>(text);
  if (!json.is_object()) return std::nullopt;
  try {
    PartNote note{.url = json.at("url"),
                  .sha256 = Digest::of_hex(json.at("sha256").get<std::string>()),
                  .validator = json.at("validator"),
                  .size = json.at("size"),
                  .pieces = json.at("pieces")};
    if (!note.sha256 && json.at("boot") != boot) return std::nullopt;
    std::uint64_t end = 0;
    for (const auto& [first, count] : note.pieces) {
      if (first < end || first > note.size || count > note.size - first) return std::nullopt;
      end = first + count;
    }
    return note;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

PartFile::PartFile(std::filesystem::path destination, Fd fd)
    : destination_(std::move(destination)), part_(with_suffix(destination_, ".part")), fd_(std::move(fd)) {}

std::filesystem::path PartFile::note_path() const {
  return with_suffix(part_, ".note");
}

Result<std::optional<PartFile>> PartFile::open(const std::filesystem::path& destination) {
  if (destination.has_parent_path()) TRY(make_folder(destination.parent_path()));
  const auto part = with_suffix(destination, ".part");
  for (;;) {
    Fd fd(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd) return fail(io_error("write", part, errno));
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::optional<PartFile>();
      if (errno != EINTR) return fail(io_error("lock", part, errno));
    }
    // Whoever held it may have renamed or removed it before it was ours.
    if (same_file(fd.get(), part)) return std::optional(PartFile(destination, std::move(fd)));
  }
}

std::optional<PartNote> PartFile::note() const {
  const auto text = read_file(note_path(), kLongestNote);
  if (!text) return std::nullopt;
  auto note = parse_note(*text, boot_id());
  struct stat state {};
  if (!note || ::fstat(fd_.get(), &state) != 0) return std::nullopt;
  if (!note->pieces.empty()) {
    const auto& [first, count] = note->pieces.back();
    if (static_cast<std::uint64_t>(state.st_size) < first + count) return std::nullopt;
  }
  return note;
}

void PartFile::write_note(const PartNote& note) {
  if (!note_fd_) note_fd_ = Fd(::open(note_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!note_fd_) return;
  const nlohmann::json json = {{"url", note.url},
                               {"sha256", note.sha256 ? note.sha256->hex() : ""},
                               {"validator", note.validator},
                               {"size", note.size},
                               {"pieces", note.pieces},
                               {"boot", boot_id()}};
  const auto text = json_text(json) + "\n";
  const auto put = ::pwrite(note_fd_.get(), text.data(), text.size(), 0);
  if (put < 0 || ::ftruncate(note_fd_.get(), put) != 0) ::unlink(note_path().c_str());
}

Result<void> PartFile::reserve(std::uint64_t size) {
  while (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) != 0) {
    if (errno == EINTR) continue;
    // A file system that cannot say now will say when it is full.
    if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG) break;
    return fail(io_error("write", part_, errno));
  }
  return {};
}

int PartFile::write(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return 0;
}

Result<void> PartFile::read(std::uint64_t offset, std::span<char> buffer) const {
  while (!buffer.empty()) {
    const auto got = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(io_error("read", part_, got == 0 ? EIO : errno));
    buffer = buffer.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<void> PartFile::clear() {
  note_fd_ = {};
  ::unlink(note_path().c_str());
  if (::ftruncate(fd_.get(), 0) != 0) return fail(io_error("write", part_, errno));
  return {};
}

void PartFile::begin_flush(std::uint64_t offset, std::uint64_t count) const {
  ::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(count), SYNC_FILE_RANGE_WRITE);
}

Result<void> PartFile::finish(std::uint64_t size) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return fail(io_error("write", part_, errno));
  if (::fdatasync(fd_.get()) != 0) return fail(io_error("write", part_, errno));
  ::unlink(note_path().c_str());
  if (::rename(part_.c_str(), destination_.c_str()) != 0) return fail(io_error("write", destination_, errno));
  return {};
}

void PartFile::discard() {
  ::unlink(note_path().c_str());
  ::unlink(part_.c_str());
}

}  // namespace launch::net
