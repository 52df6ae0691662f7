#include <algorithm>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::archive {
namespace {

constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

unsigned hex_value(char c) {
  return static_cast<unsigned>(specs::is_digit(c) ? c - '0' : c - 'a' + 10);
}

/// RFC 4648, 5, without padding.
std::string url_safe_base64(const std::string& bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kUrlSafe[(bits >> (count - 6)) & 0x3f];
  }
  if (count > 0) out += kUrlSafe[(bits << (6 - count)) & 0x3f];
  return out;
}

}  // namespace

std::string record_digest(const Digest& digest) {
  const auto& hex = digest.hex();
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(hex_value(hex[i]) << 4 | hex_value(hex[i + 1]));
  }
  return "sha256=" + url_safe_base64(bytes);
}

std::string record_path(std::string_view path, std::string_view site_packages) {
  auto from = split(site_packages, '/');
  auto to = split(path, '/');
  std::size_t shared = 0;
  while (shared < from.size() && shared + 1 < to.size() && from[shared] == to[shared]) ++shared;
  std::string out;
  for (std::size_t i = shared; i < from.size(); ++i) out += "../";
  for (std::size_t i = shared; i < to.size(); ++i) {
    out += to[i];
    if (i + 1 < to.size()) out += '/';
  }
  return out;
}

std::string record_text(std::vector<RecordRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const RecordRow& a, const RecordRow& b) { return a.path < b.path; });
  std::string out;
  for (const auto& row : rows) {
    out +=
        fmt::format("{},{},{}\n", csv_field(row.path), row.digest, row.size ? fmt::to_string(*row.size) : "");
  }
  return out;
}

}  // namespace launch::archive
