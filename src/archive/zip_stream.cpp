#include "archive/zip_stream.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

#include "base/text.hpp"

namespace launch::archive {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;  // fits a core's own cache
constexpr std::size_t kInput = std::size_t{1} << 30;  // ISA-L counts in 32 bits

/// What was read of an entry so far.
class Checked {
 public:
  Checked(const ZipEntry& entry, const TakePiece& take) : entry_(entry), take_(take) {}

  bool fits(std::size_t more) const { return more <= entry_.size - size_; }
  /// False if no more is wanted.
  bool add(std::string_view piece) {
    size_ += piece.size();
    crc32_ = libdeflate_crc32(crc32_, piece.data(), piece.size());
    return take_(piece);
  }
  Result<void> finish() const {
    if (size_ != entry_.size) return fail(wrong_size(entry_));
    return check_crc32(entry_, crc32_);
  }

 private:
  const ZipEntry& entry_;
  const TakePiece& take_;
  std::uint64_t size_ = 0;
  std::uint32_t crc32_ = 0;
};

}  // namespace

struct EntryReader::State {
  inflate_state stream;
  std::array<char, kPiece> piece;
};

EntryReader::EntryReader() : state_(std::make_unique_for_overwrite<State>()) {}
EntryReader::~EntryReader() = default;
EntryReader::EntryReader(EntryReader&&) noexcept = default;
EntryReader& EntryReader::operator=(EntryReader&&) noexcept = default;

Result<void> EntryReader::read(const ZipEntry& entry, std::string_view compressed, const TakePiece& take) {
  TRY(check_claims(entry, compressed));
  if (entry.is_deflated()) return inflate(entry, compressed, take);
  Checked checked(entry, take);
  while (!compressed.empty()) {
    if (!checked.add(compressed.substr(0, kPiece))) return {};
    compressed.remove_prefix(std::min(kPiece, compressed.size()));
  }
  return checked.finish();
}

Result<void> EntryReader::inflate(const ZipEntry& entry, std::string_view compressed, const TakePiece& take) {
  auto& stream = state_->stream;
  auto& piece = state_->piece;
  isal_inflate_init(&stream);
  stream.avail_in = 0;
  Checked checked(entry, take);
  while (stream.block_state != ISAL_BLOCK_FINISH) {
    if (stream.avail_in == 0) {
      const auto now = compressed.substr(0, kInput);
      compressed.remove_prefix(now.size());
      // ISA-L reads through a pointer to what is not const.
      stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(now.data()));
      stream.avail_in = static_cast<std::uint32_t>(now.size());
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(piece.data());
    stream.avail_out = kPiece;
    const int code = isal_inflate(&stream);
    const std::size_t got = kPiece - stream.avail_out;
    const bool starved = got == 0 && stream.avail_in == 0 && compressed.empty();
    const bool stuck = starved && stream.block_state != ISAL_BLOCK_FINISH;
    if (code != ISAL_DECOMP_OK || stuck || !checked.fits(got)) return fail(wrong_size(entry));
    if (got > 0 && !checked.add({piece.data(), got})) return {};
  }
  // What follows the stream would stand between it and the end of a gzip member.
  const auto unread = static_cast<std::size_t>(stream.read_in_length) / 8 + stream.avail_in;
  if (unread > 0 || !compressed.empty()) return fail(wrong_size(entry));
  return checked.finish();
}

}  // namespace launch::archive
