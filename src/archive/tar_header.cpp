// The formats of tar(5) that every reader of layers knows: ustar and pax.
#include "archive/tar_header.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "archive/tree.hpp"

namespace launch::archive {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kName = 100;
constexpr std::size_t kPrefix = 155;
constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 33) - 1;  // 11 octal digits
constexpr unsigned kMostId = (1U << 21) - 1;                         // 7 octal digits

void put(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}

/// The fields prefix and name of a path that fits them.
struct SplitPath {
  std::string_view prefix;
  std::string_view name;
};

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

std::optional<SplitPath> split_path(std::string_view path) {
  if (path.size() <= kName) return SplitPath{{}, path};
  const auto slash = path.rfind('/', std::min(kPrefix, path.size() - 2));
  if (slash == std::string_view::npos || slash == 0 || path.size() - slash - 1 > kName) return std::nullopt;
  return SplitPath{path.substr(0, slash), path.substr(slash + 1)};
}

/// The fields of one header block. Numbers that do not fit are written as 0.
struct Fields {
  SplitPath path;
  char type = '0';
  unsigned mode = 0;
  unsigned owner = 0;
  unsigned group = 0;
  std::uint64_t size = 0;
  std::uint64_t time = 0;
  std::string_view link = {};
};

std::string block(const Fields& fields) {
  std::string header(kBlock, '\0');
  const auto fitting = [](std::uint64_t number, std::uint64_t most = kMostNumber) {
    return number > most ? 0 : number;
  };
  put(header, 0, fields.path.name);
  put(header, 100, fmt::format("{:07o}", fields.mode));
  put(header, 108, fmt::format("{:07o}", fitting(fields.owner, kMostId)));
  put(header, 116, fmt::format("{:07o}", fitting(fields.group, kMostId)));
  put(header, 124, fmt::format("{:011o}", fitting(fields.size)));
  put(header, 136, fmt::format("{:011o}", fitting(fields.time)));
  put(header, 148, "        ");
  header[156] = fields.type;
  put(header, 157, fields.link);
  put(header, 257, std::string_view("ustar\00000", 8));
  put(header, 329, "0000000");
  put(header, 337, "0000000");
  put(header, 345, fields.path.prefix);
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, 148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  return header;
}

/// "LENGTH KEY=VALUE\n", where LENGTH counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const auto rest = key.size() + value.size() + 3;
  auto length = rest + fmt::to_string(rest).size();
  if (fmt::to_string(length).size() != fmt::to_string(rest).size())
    length = rest + fmt::to_string(length).size();
  return fmt::format("{} {}={}\n", length, key, value);
}

/// What a reader without pax shows instead of a path: its end, in ASCII.
std::string short_path(std::string_view path) {
  std::string out(path.substr(path.size() - std::min(path.size(), kName)));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return (c & 0x80) != 0; }, '_');
  return out;
}

}  // namespace

unsigned TarMember::permissions() const {
  constexpr unsigned kOfLinks = 0777;
  if (mode) return *mode;
  return link.empty() ? mode_of(is_folder || executable) : kOfLinks;
}

std::string tar_header(const TarMember& member) {
  const auto path = member.is_folder ? member.path + '/' : member.path;
  const auto time = static_cast<std::uint64_t>(member.time);
  auto place = is_ascii(path) ? split_path(path) : std::nullopt;
  std::string records;
  const auto shortened = short_path(path);
  if (!place) {
    records += pax_record("path", path);
    place = SplitPath{{}, shortened};
  }
  const bool long_link = !is_ascii(member.link) || member.link.size() > kName;
  const auto link = long_link ? short_path(member.link) : member.link;
  if (long_link) records += pax_record("linkpath", member.link);
  if (member.size > kMostNumber) records += pax_record("size", fmt::to_string(member.size));
  if (time > kMostNumber) records += pax_record("mtime", fmt::to_string(member.time));
  if (member.owner > kMostId) records += pax_record("uid", fmt::to_string(member.owner));
  if (member.group > kMostId) records += pax_record("gid", fmt::to_string(member.group));
  std::string out;
  if (!records.empty()) {
    out = block({.path = {{}, "pax_header"}, .type = 'x', .mode = mode_of(false), .size = records.size()});
    out += records + tar_padding(records.size());
  }
  return out + block({.path = *place,
                      .type = member.is_folder      ? '5'
                              : member.link.empty() ? '0'
                                                    : '2',
                      .mode = member.permissions(),
                      .owner = member.owner,
                      .group = member.group,
                      .size = member.size,
                      .time = time,
                      .link = link});
}

std::string tar_padding(std::uint64_t size) {
  return std::string((kBlock - size % kBlock) % kBlock, '\0');
}

std::string tar_end() {
  return std::string(2 * kBlock, '\0');
}

}  // namespace launch::archive
