#include "archive/gzip.hpp"

#include <libdeflate.h>

#include "archive/deflate.hpp"

namespace launch::archive {

std::string gzip_trailer(std::uint32_t crc32, std::uint64_t size) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(crc32 >> (8 * i) & 0xff);
  for (int i = 0; i < 4; ++i) out += static_cast<char>(size >> (8 * i) & 0xff);
  return out;
}

std::string gzip_member(std::string_view text) {
  std::string out(kGzipHeader);
  out += small_deflate(text);
  out += gzip_trailer(libdeflate_crc32(0, text.data(), text.size()), text.size());
  return out;
}

}  // namespace launch::archive
