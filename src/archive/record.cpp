#include <algorithm>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::archive {
namespace {

unsigned hex_value(char c) {
  return static_cast<unsigned>(specs::is_digit(c) ? c - '0' : c - 'a' + 10);
}

}  // namespace

std::string record_digest(const Digest& digest) {
  const auto& hex = digest.hex();
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(hex_value(hex[i]) << 4 | hex_value(hex[i + 1]));
  }
  auto text = replace_all(replace_all(base64_encode(bytes), "+", "-"), "/", "_");  // RFC 4648, 5
  text.erase(text.find_last_not_of('=') + 1);                                      // without padding
  return "sha256=" + text;
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
