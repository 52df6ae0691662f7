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

/// Identifies one boot of the machine: bytes written before it may not have reached the disk.
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
    const auto size = json_integer<std::uint64_t>(json.at("size"));
    if (!size) return std::nullopt;
    PartNote note{.url = json.at("url"),
                  .sha256 = Digest::of_hex(json.at("sha256").get<std::string>()),
                  .validator = json.at("validator"),
                  .size = *size,
                  .pieces = {}};
    if (!note.sha256 && json.at("boot") != boot) return std::nullopt;
    std::uint64_t end = 0;
    for (const auto& piece : json.at("pieces")) {
      const auto first = json_integer<std::uint64_t>(piece.at(0));
      const auto count = json_integer<std::uint64_t>(piece.at(1));
      if (!first || !count || *first < end || *first > note.size || *count > note.size - *first)
        return std::nullopt;
      end = *first + *count;
      note.pieces.emplace_back(*first, *count);
    }
    return note;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

PartFile::PartFile(Disk& disk, std::filesystem::path destination, Fd fd)
    : disk_(&disk),
      destination_(std::move(destination)),
      part_(with_suffix(destination_, ".part")),
      fd_(std::move(fd)) {}

std::filesystem::path PartFile::note_path() const {
  return with_suffix(part_, ".note");
}

Result<std::optional<PartFile>> PartFile::open(Disk& disk, const std::filesystem::path& destination) {
  if (destination.has_parent_path()) TRY(make_folder(disk, destination.parent_path()));
  const auto part = with_suffix(destination, ".part");
  for (;;) {
    Fd fd;
    if (const int error = disk.open(part, O_RDWR | O_CREAT, 0644, fd))
      return fail(io_error("write", part, error));
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::optional<PartFile>();
      if (errno != EINTR) return fail(io_error("lock", part, errno));
    }
    // Its previous holder may have renamed or removed it before we got the lock.
    if (same_file(fd.get(), part)) return std::optional(PartFile(disk, destination, std::move(fd)));
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
  if (!note_fd_ && disk_->open(note_path(), O_RDWR | O_CREAT, 0644, note_fd_) != 0) return;
  const nlohmann::json json = {{"url", note.url},
                               {"sha256", note.sha256 ? note.sha256->hex() : ""},
                               {"validator", note.validator},
                               {"size", note.size},
                               {"pieces", note.pieces},
                               {"boot", boot_id()}};
  const auto text = json_text(json) + "\n";
  if (disk_->write_at(note_fd_, text, 0) == 0 && disk_->truncate(note_fd_, text.size()) == 0) return;
  note_fd_ = {};
  disk_->remove(note_path());
}

Result<void> PartFile::reserve(std::uint64_t size) {
  const int error = disk_->reserve(fd_, size, /*keep_size=*/true);
  // A file system that cannot reserve space reports a full disk on writing.
  if (error != ENOSPC && error != EDQUOT && error != EFBIG) return {};
  return fail(io_error("write", part_, error));
}

int PartFile::write(std::uint64_t offset, std::string_view bytes) const {
  return disk_->write_at(fd_, bytes, offset);
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
  disk_->remove(note_path());
  if (const int error = disk_->truncate(fd_, 0)) return fail(io_error("write", part_, error));
  return {};
}

void PartFile::begin_flush(std::uint64_t offset, std::uint64_t count) const {
  ::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(count), SYNC_FILE_RANGE_WRITE);
}

Result<void> PartFile::finish(std::uint64_t size) {
  int error = disk_->truncate(fd_, size);
  if (error == 0) error = disk_->flush(fd_);
  if (error != 0) return fail(io_error("write", part_, error));
  disk_->remove(note_path());
  if (error = disk_->rename(part_, destination_); error != 0)
    return fail(io_error("write", destination_, error));
  return {};
}

void PartFile::discard() {
  disk_->remove(note_path());
  disk_->remove(part_);
}

}  // namespace launch::net
