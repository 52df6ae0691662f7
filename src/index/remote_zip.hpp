#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/zip.hpp"
#include "base/result.hpp"
#include "net/http.hpp"
#include "specs/url.hpp"

namespace launch::index {

/// Remembers hosts without range support, so that later zips from them are read whole at once.
class RangeMemory {
 public:
  bool refuses(const specs::Url& url) const;
  void remember(const specs::Url& url);

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> origins_;
};

/// Bytes of a file from an offset on.
struct FilePiece {
  std::uint64_t first = 0;
  std::string bytes;
  std::uint64_t end() const { return first + bytes.size(); }
};

/// Number of bytes at the end of a zip to request first if nothing better is known.
inline constexpr std::uint64_t kTail = std::uint64_t{64} << 10;

/// Gaps up to this size are read rather than skipped by a second request.
inline constexpr std::uint64_t kGap = std::uint64_t{64} << 10;

/// A zip to open.
struct ZipLocation {
  specs::Url url;                          ///< http, https or file
  std::optional<std::uint64_t> size = {};  ///< the file's length, when it is known
  std::uint64_t tail = kTail;              ///< number of bytes at the end to request first
  bool cache = true;                       ///< may be answered from the HTTP cache
};

/// All that is needed to read entries of a zip.
struct ZipOutline {
  std::uint64_t size = 0;                  ///< the whole file's length in bytes
  std::vector<archive::ZipEntry> entries;  ///< in the order of the directory
  std::vector<std::uint64_t> places;       ///< where they begin, and where what follows each begins; sorted
};

/// A zip on a server, read by range requests: its directory, then only the requested entries. Reading entries
/// of one zip may run side by side; nothing else may run beside it.
class RemoteZip {
 public:
  static constexpr std::uint64_t kMostWhole = std::uint64_t{64} << 20;

  /// Reads the directory. `size` is the file's length, if known; `tail` the number of bytes at its end to
  /// request first. Without range support the file is read whole, up to `most_whole` bytes. Errors
  /// (environment): no such file, no ranges and too large, not a zip, changed between two requests.
  static Result<RemoteZip> open(net::HttpClient& http, specs::Url url, std::optional<std::uint64_t> size = {},
                                std::uint64_t tail = kTail, std::uint64_t most_whole = kMostWhole,
                                RangeMemory* memory = nullptr);
  /// The same for many, in parallel; answers in the order of the locations.
  static std::vector<Result<RemoteZip>> open_all(net::HttpClient& http,
                                                 std::span<const ZipLocation> locations,
                                                 std::uint64_t most_whole = kMostWhole,
                                                 RangeMemory* memory = nullptr);

  /// A zip whose directory was read before, read without the HTTP cache. Reading from it fails if the file
  /// has changed since.
  static RemoteZip known(net::HttpClient& http, specs::Url url, ZipOutline outline);

  const specs::Url& url() const { return url_; }
  /// The whole file's length in bytes.
  std::uint64_t size() const { return size_; }
  const std::vector<archive::ZipEntry>& entries() const { return entries_; }
  /// Forgets all other entries, and the bytes that opening brought, so that many zips can be open.
  void keep_only(const std::function<bool(const archive::ZipEntry&)>& wanted);
  ZipOutline outline() const { return {size_, entries_, places_}; }
  /// The last entry of that name; null if there is none.
  const archive::ZipEntry* find(std::string_view name) const;
  /// Contents, checked by size and CRC-32; adjacent entries are read with one request. Errors (environment).
  Result<std::vector<std::string>> read(std::span<const archive::ZipEntry* const> wanted) const;

  /// Some entries of one zip.
  struct Wish {
    const RemoteZip* zip = nullptr;
    std::vector<const archive::ZipEntry*> entries;
    std::uint64_t gap = kGap;  ///< entries with at most so many bytes between them are read with one request
  };
  /// The same for many zips, in parallel; answers in the order of the wishes.
  static std::vector<Result<std::vector<std::string>>> read_all(std::span<const Wish> wishes);

  /// True if part of it came from a cache, and so may be older than the file.
  bool from_cache() const { return from_cache_; }
  /// Bytes transferred so far; not to be asked while entries are read.
  std::uint64_t bytes_fetched() const { return fetched_; }

 private:
  friend class ZipOpening;
  friend class ZipReading;
  RemoteZip(net::HttpClient& http, specs::Url url) : http_(&http), url_(std::move(url)) {}

  net::HttpClient* http_;
  specs::Url url_;
  std::uint64_t size_ = 0;
  std::optional<std::string> etag_;  ///< a strong one
  bool cache_ = true;
  bool from_cache_ = false;
  std::vector<FilePiece> pieces_;  ///< what opening brought: the tail, or the file itself
  std::vector<archive::ZipEntry> entries_;
  std::vector<std::uint64_t> places_;  ///< where entries begin, sorted, and where the directory begins
  mutable std::uint64_t fetched_ = 0;  ///< reading adds to it atomically
};

}  // namespace launch::index
