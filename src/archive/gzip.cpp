#include "archive/gzip.hpp"

#include <cerrno>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include "archive/deflate.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"

namespace launch::archive {

std::string gzip_trailer(std::uint32_t crc32, std::uint64_t size) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(crc32 >> (8 * i) & 0xff);
  for (int i = 0; i < 4; ++i) out += static_cast<char>(size >> (8 * i) & 0xff);
  return out;
}

Result<Gunzipped> gunzipped(const std::filesystem::path& file) {
  constexpr unsigned kPiece = 1U << 18;
  errno = 0;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> gzip(gzopen(file.c_str(), "rb"), gzclose);
  if (!gzip) return fail(io_error("read", file, errno == 0 ? ENOMEM : errno));
  gzbuffer(gzip.get(), kPiece);
  if (gzdirect(gzip.get()) != 0)
    return fail(input_error(fmt::format("{} is not compressed by gzip", file.string())));
  Sha256 digest;
  std::uint64_t size = 0;
  std::vector<char> piece(kPiece);
  while (true) {
    const int got = gzread(gzip.get(), piece.data(), kPiece);
    int code = Z_OK;
    gzerror(gzip.get(), &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
      return fail(input_error(fmt::format("{} is damaged: it cannot be decompressed", file.string())));
    if (got == 0) return Gunzipped{digest.digest(), size};
    size += static_cast<std::uint64_t>(got);
    digest.update({piece.data(), static_cast<std::size_t>(got)});
  }
}

Result<Digest> write_stored_gzip(Disk& disk, std::string_view content, const std::filesystem::path& to) {
  constexpr unsigned kMode = 0644;
  TRY_ASSIGN(const Fd file, create_file(disk, to, O_WRONLY, kMode));
  Sha256 digest;
  const auto put = [&](std::string_view bytes) -> Result<void> {
    digest.update(bytes);
    if (const int error = disk.write(file, bytes)) return fail(io_error("write", to, error));
    return {};
  };
  TRY(put(kGzipHeader));
  std::string piece;
  for (std::size_t at = 0; at == 0 || at < content.size(); at += kStoredBlock) {
    const auto block = content.substr(at, kStoredBlock);
    piece = stored_block_header(block.size(), at + block.size() == content.size());
    piece += block;
    TRY(put(piece));
  }
  TRY(put(gzip_trailer(libdeflate_crc32(0, content.data(), content.size()), content.size())));
  return digest.digest();
}

std::string gzip_member(std::string_view text) {
  std::string out(kGzipHeader);
  out += small_deflate(text);
  out += gzip_trailer(libdeflate_crc32(0, text.data(), text.size()), text.size());
  return out;
}

}  // namespace launch::archive
