// The formats of tar(5): ustar, its pax extensions (POSIX.1-2001), and GNU's long names.
#include "archive/tar.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kMostExtension = std::uint64_t{1} << 20;

Error bad_tar(std::string_view reason) {
  return input_error(fmt::format("not a valid .tar.gz file: {}", reason));
}

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};

/// The unpacked bytes of a gzip file, in order.
class GzipReader {
 public:
  static Result<GzipReader> open(const std::filesystem::path& path, std::uint64_t most, bool compressed) {
    errno = 0;
    GzipReader reader(gzopen(path.c_str(), "rb"), most);
    if (!reader.file_) return fail(io_error("read", path, errno == 0 ? ENOMEM : errno));
    constexpr unsigned kBuffer = 1 << 17;
    gzbuffer(reader.file_.get(), kBuffer);
    const bool plain = gzdirect(reader.file_.get()) != 0;
    if (plain && compressed) return fail(bad_tar("it is not compressed by gzip"));
    if (!plain && !compressed) return fail(input_error("not a valid tar file: it is compressed by gzip"));
    return reader;
  }

  /// Bytes that were read so far.
  std::uint64_t position() const { return read_; }

  /// All of `out`; false at the end of the file, if nothing is left.
  Result<bool> read(std::span<char> out) {
    if (read_ + out.size() > most_) return fail(too_large());
    TRY_ASSIGN(const auto got, some(out));
    if (got == 0) return false;
    if (got < out.size()) return fail(bad_tar("it is truncated"));
    return true;
  }

  Result<void> skip_rest() {
    std::array<char, 1 << 17> piece{};
    while (true) {
      TRY_ASSIGN(const auto got, some(piece));
      if (got == 0) return {};
      if (read_ > most_) return fail(too_large());
    }
  }

 private:
  Error too_large() const {
    return bad_tar(fmt::format("it unpacks to more than {}, the most that is accepted for its size",
                               human_bytes(most_)));
  }

  /// As much of `out` as is left.
  Result<std::size_t> some(std::span<char> out) {
    const int got = gzread(file_.get(), out.data(), static_cast<unsigned>(out.size()));
    int code = Z_OK;
    const char* reason = gzerror(file_.get(), &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
      if (code == Z_BUF_ERROR) return fail(bad_tar("it is truncated"));
      return fail(bad_tar(fmt::format("gzip: {}", code == Z_ERRNO ? std::strerror(errno) : reason)));
    }
    read_ += static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
  }

  GzipReader(gzFile file, std::uint64_t most) : file_(file), most_(most) {}
  std::unique_ptr<gzFile_s, CloseGzip> file_;
  std::uint64_t most_;
  std::uint64_t read_ = 0;
};

using Header = std::array<char, kBlock>;

std::string text_at(const Header& header, std::size_t at, std::size_t size) {
  const std::string_view field(header.data() + at, size);
  return std::string(field.substr(0, field.find('\0')));
}

/// Octal digits, or base-256 where the first bit is set (GNU); nullopt for anything else.
std::optional<std::uint64_t> number_at(const Header& header, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  constexpr unsigned char kBinary = 0x80;
  if ((static_cast<unsigned char>(header.at(at)) & kBinary) != 0) {
    for (std::size_t i = 1; i < size; ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(header.at(at + i));
    }
    return value;
  }
  const auto field = text_at(header, at, size);
  for (const char digit : trim(field)) {
    if (digit < '0' || digit > '7' || value >> 60 != 0) return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

bool checksum_fits(const Header& header) {
  constexpr std::size_t kAt = 148;
  constexpr std::size_t kSize = 8;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += i >= kAt && i < kAt + kSize ? ' ' : static_cast<unsigned char>(header.at(i));
  return number_at(header, kAt, kSize) == sum;
}

TarEntry::Kind kind_of(char type) {
  switch (type) {
    case '\0':
    case '0':
    case '7':
      return TarEntry::Kind::file;
    case '5':
      return TarEntry::Kind::folder;
    case '2':
      return TarEntry::Kind::link;
    case '1':
      return TarEntry::Kind::hard_link;
    default:
      return TarEntry::Kind::other;
  }
}

/// What a header before a member says of it.
struct Overrides {
  std::optional<std::string> name;
  std::optional<std::string> target;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> owner;
  std::optional<std::uint64_t> group;

  /// Records "LENGTH KEY=VALUE\n" of a pax header. Errors (input).
  Result<void> read_pax(std::string_view text) {
    while (!text.empty()) {
      const auto space = text.find(' ');
      const auto length = parse_u64(text.substr(0, space));
      if (space == std::string_view::npos || !length || *length <= space + 1 || *length > text.size() ||
          text[*length - 1] != '\n') {
        return fail(bad_tar("it has an invalid pax header"));
      }
      const auto record = text.substr(space + 1, *length - space - 2);
      text.remove_prefix(*length);
      const auto equals = record.find('=');
      if (equals == std::string_view::npos) return fail(bad_tar("it has an invalid pax header"));
      TRY(take(record.substr(0, equals), record.substr(equals + 1)));
    }
    return {};
  }

 private:
  Result<void> take(std::string_view key, std::string_view value) {
    if (key == "path") name = value;
    if (key == "linkpath") target = value;
    auto* number = key == "size" ? &size : key == "uid" ? &owner : key == "gid" ? &group : nullptr;
    if (number == nullptr) return {};
    *number = parse_u64(value);
    if (!*number) return fail(bad_tar("it has an invalid pax header"));
    return {};
  }
};

class TarReader {
 public:
  TarReader(GzipReader gzip, const TarLimits& limits, const TarVisitor& visitor)
      : gzip_(std::move(gzip)), limits_(limits), visitor_(visitor) {}

  Result<void> run() {
    Header header{};
    for (std::size_t members = 0;; ++members) {
      TRY_ASSIGN(const bool more, gzip_.read(header));
      if (!more && members == 0) return fail(bad_tar("it is empty"));
      // Two blocks of zeros end a tar; some writers leave them out.
      if (!more || std::all_of(header.begin(), header.end(), [](char c) { return c == 0; })) return {};
      if (members >= limits_.members)
        return fail(bad_tar(fmt::format("it has more than {} members", limits_.members)));
      if (!checksum_fits(header)) return fail(bad_tar("a header has a wrong checksum"));
      TRY(member(header));
    }
  }

  /// Unpacked bytes of the whole file, of which the rest is read.
  Result<std::uint64_t> size() {
    TRY(gzip_.skip_rest());
    return gzip_.position();
  }

 private:
  Result<void> member(const Header& header) {
    const auto size = number_at(header, 124, 12);
    if (!size) return fail(bad_tar("a header has an invalid size"));
    const char type = header.at(156);
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K') return extension(type, *size);
    TarEntry entry;
    entry.name = text_at(header, 0, 100);
    const bool ustar = text_at(header, 257, 5) == "ustar" && header.at(262) == '\0';
    if (const auto prefix = text_at(header, 345, 155); ustar && !prefix.empty())
      entry.name = prefix + "/" + entry.name;
    entry.target = text_at(header, 157, 100);
    entry.kind = kind_of(type);
    entry.size = *size;
    entry.time = static_cast<std::int64_t>(number_at(header, 136, 12).value_or(0));
    constexpr unsigned kOwnerExecutes = 0100;
    constexpr unsigned kPermissions = 07777;
    entry.mode = static_cast<unsigned>(number_at(header, 100, 8).value_or(0)) & kPermissions;
    entry.executable = (entry.mode & kOwnerExecutes) != 0;
    const auto given = std::exchange(overrides_, {});
    const auto owner = given.owner ? given.owner : number_at(header, 108, 8);
    const auto group = given.group ? given.group : number_at(header, 116, 8);
    if (!owner || !group || !std::in_range<unsigned>(*owner) || !std::in_range<unsigned>(*group))
      return fail(bad_tar("a header has an invalid owner"));
    entry.owner = static_cast<unsigned>(*owner);
    entry.group = static_cast<unsigned>(*group);
    if (given.name) entry.name = *given.name;
    if (given.target) entry.target = *given.target;
    if (given.size) entry.size = *given.size;
    entry.offset = gzip_.position();
    TRY_ASSIGN(const bool wanted, visitor_.enter(entry));
    if (!wanted) return skip(entry.size);
    if (entry.size > limits_.content) {
      return fail(bad_tar(fmt::format("{} has {}, expected at most {}", in_quotes(entry.name),
                                      human_bytes(entry.size), human_bytes(limits_.content))));
    }
    TRY_ASSIGN(auto content, this->content(entry.size));
    return visitor_.take(entry, std::move(content));
  }

  Result<void> extension(char type, std::uint64_t size) {
    if (size > kMostExtension) return fail(bad_tar("it has a header of more than 1 MB"));
    TRY_ASSIGN(auto text, content(size));
    if (type == 'x') return overrides_.read_pax(text);
    if (type == 'g') return {};  // defaults of the whole file, such as a commit
    text = text.substr(0, text.find('\0'));
    (type == 'L' ? overrides_.name : overrides_.target) = std::move(text);
    return {};
  }

  Result<std::string> content(std::uint64_t size) {
    std::string out(size, '\0');
    if (size > 0) {
      TRY_ASSIGN(const bool whole, gzip_.read(out));
      if (!whole) return fail(bad_tar("it is truncated"));
    }
    TRY(skip_padding(size));
    return out;
  }

  Result<void> skip(std::uint64_t size) {
    std::array<char, 128 * kBlock> piece{};
    for (auto left = size; left > 0;) {
      const auto now = std::min<std::uint64_t>(left, piece.size());
      TRY_ASSIGN(const bool whole, gzip_.read(std::span(piece).first(now)));
      if (!whole) return fail(bad_tar("it is truncated"));
      left -= now;
    }
    return skip_padding(size);
  }

  Result<void> skip_padding(std::uint64_t size) {
    Header padding{};
    const auto rest = size % kBlock;
    if (rest == 0) return {};
    TRY_ASSIGN(const bool whole, gzip_.read(std::span(padding).first(kBlock - rest)));
    if (!whole) return fail(bad_tar("it is truncated"));
    return {};
  }

  GzipReader gzip_;
  const TarLimits& limits_;
  const TarVisitor& visitor_;
  Overrides overrides_;
};

}  // namespace

Result<void> read_tar_gz(const std::filesystem::path& file, const TarLimits& limits,
                         const TarVisitor& visitor) {
  TRY_ASSIGN(auto gzip, GzipReader::open(file, limits.bytes, true));
  return TarReader(std::move(gzip), limits, visitor).run();
}

Result<std::uint64_t> read_whole_tar_gz(const std::filesystem::path& file, const TarLimits& limits,
                                        const TarVisitor& visitor) {
  TRY_ASSIGN(auto gzip, GzipReader::open(file, limits.bytes, true));
  TarReader tar(std::move(gzip), limits, visitor);
  TRY(tar.run());
  return tar.size();
}

Result<void> read_tar(const std::filesystem::path& file, const TarLimits& limits, const TarVisitor& visitor) {
  TRY_ASSIGN(auto plain, GzipReader::open(file, limits.bytes, false));
  return TarReader(std::move(plain), limits, visitor).run();
}

}  // namespace launch::archive
