#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"
#include "python/wheel.hpp"

namespace launch::index {

/// A zip on a server, read by range requests: its directory, then only the entries that are asked for.
class RemoteZip {
 public:
  /// Reads the directory. `size` is the file's length when it is known; `tail` how many last bytes to ask for first.
  /// A server that cannot do ranges is read whole, up to `most_whole` bytes.
  /// Errors (world): no such file, no ranges and too large, not a zip.
  static Result<RemoteZip> open(net::HttpClient& http, std::string url, std::optional<std::uint64_t> size = {},
                                std::uint64_t tail = 64 * 1024,
                                std::uint64_t most_whole = std::uint64_t{64} << 20);

  const std::string& url() const { return url_; }
  const std::vector<python::ZipEntry>& entries() const { return entries_; }
  /// The last entry of that name; none when there is none.
  const python::ZipEntry* find(std::string_view name) const;
  /// Contents, checked by size and CRC-32; neighbours are read by one request. Errors (world).
  Result<std::vector<std::string>> read(std::span<const python::ZipEntry* const> wanted) const;
  /// Bytes that came over the wire so far.
  std::uint64_t bytes_fetched() const { return fetched_; }

 private:
  RemoteZip(net::HttpClient& http, std::string url) : http_(&http), url_(std::move(url)) {}
  net::HttpClient* http_;
  std::string url_;
  std::uint64_t size_ = 0;
  std::string whole_;  ///< the file itself, when the server cannot do ranges
  std::vector<python::ZipEntry> entries_;
  mutable std::uint64_t fetched_ = 0;
};

}  // namespace launch::index
