#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "index/remote_zip.hpp"
#include "net/http.hpp"

namespace launch::probe {

/// What tells contents apart: in two wheels, files of the same path and mark are the same.
struct ContentMark {
  std::uint32_t crc32 = 0;
  std::uint64_t size = 0;  ///< bytes
};

/// A wheel whose files can be listed and read, wherever it is.
class WheelSource {
 public:
  virtual ~WheelSource() = default;

  /// All paths in the archive.
  virtual std::vector<std::string> files() const = 0;
  /// Contents in the order of the names, which must be among files(). Errors: (environment) the wheel cannot
  /// be read, or a file in it is damaged or larger than 64 MiB.
  virtual Result<std::vector<std::string>> read(std::span<const std::string> names) = 0;
  /// The mark of a file that the wheel's directory states; nullopt if it states none.
  virtual std::optional<ContentMark> mark(const std::string& /*name*/) const { return std::nullopt; }
  /// What read() would ask a server for; nullopt if the wheel is on this machine. Errors: those of read().
  virtual Result<std::optional<index::RemoteZip::Wish>> wish(std::span<const std::string> /*names*/) {
    return std::nullopt;
  }
  /// True if the wheel is on this machine, so that reading a large file of it costs little.
  virtual bool is_local() const { return false; }
};

/// Some files of a wheel.
struct FileWish {
  WheelSource* source = nullptr;
  std::vector<std::string> names;
};
/// Reads from many wheels, from servers in parallel; answers in the order of the wishes. Errors: those of
/// WheelSource::read.
std::vector<Result<std::vector<std::string>>> read_all(std::span<const FileWish> wishes);

/// A wheel on disk, mapped. Errors (environment): it cannot be opened, or is not a zip file.
Result<std::unique_ptr<WheelSource>> open_wheel(const std::filesystem::path& path);

/// A wheel on a server, of which only the directory and the requested files are read (by range requests).
/// `size` is its length, if known. Errors (environment): as RemoteZip::open.
Result<std::unique_ptr<WheelSource>> open_wheel(net::HttpClient& http, specs::Url url,
                                                std::optional<std::uint64_t> size);

/// The same for a zip that was opened.
std::unique_ptr<WheelSource> remote_wheel(index::RemoteZip zip);
/// A wheel on a server to open.
struct WheelLocation {
  specs::Url url;
  std::string file_name;
  std::uint64_t size = 0;  ///< bytes; 0: unknown
};
/// The same for many, in parallel; answers in their order.
std::vector<Result<std::unique_ptr<WheelSource>>> open_wheels(net::HttpClient& http,
                                                              std::span<const WheelLocation> wheels);

}  // namespace launch::probe
