#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"

namespace launch::probe {

/// A wheel whose files can be listed and read, wherever it is.
class WheelSource {
 public:
  virtual ~WheelSource() = default;

  /// All paths in the archive.
  virtual std::vector<std::string> files() const = 0;
  /// Contents in the order of the names, which must be among files(). Errors: (environment) the wheel cannot
  /// be read, or a file in it is damaged or larger than 64 MiB.
  virtual Result<std::vector<std::string>> read(std::span<const std::string> names) = 0;
  /// True if the wheel is on this machine, so that reading a large file of it costs little.
  virtual bool is_near() const { return false; }
};

/// A wheel on disk, mapped. Errors (environment): it cannot be opened, or is not a zip file.
Result<std::unique_ptr<WheelSource>> open_wheel(const std::filesystem::path& path);

/// A wheel on a server, of which only the directory and the requested files are read (by range requests).
/// `size` is its length, if known. Errors (environment): as RemoteZip::open.
Result<std::unique_ptr<WheelSource>> open_wheel(net::HttpClient& http, specs::Url url,
                                                std::optional<std::uint64_t> size);

}  // namespace launch::probe
