#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "project/project.hpp"
#include "specs/platform.hpp"

namespace launch::image {

inline constexpr std::string_view kCycloneDxMediaType = "application/vnd.cyclonedx+json";
inline constexpr std::string_view kSpdxMediaType = "application/spdx+json";

/// What a package was built from.
struct BillSource {
  std::string name;  ///< file name of an archive, else the repository
  std::string url;   ///< of the archive, or "git+https://…@COMMIT"; empty if unknown
  std::string purl;
  std::optional<Digest> sha256;
};

/// A part of an image: its base, its interpreter, or a wheel.
struct BillPart {
  enum class Kind { base, interpreter, wheel };
  Kind kind = Kind::wheel;
  std::string name;
  std::string version;
  std::string purl;
  std::string file_name;         ///< empty for the base
  std::string url;               ///< without credentials; empty if unknown
  std::optional<Digest> sha256;  ///< of the file, or of the base's index or manifest
  std::vector<specs::Platform> platforms;
  std::vector<std::pair<std::string, std::string>> properties = {};  ///< further facts of the lock
  std::vector<std::size_t> needs = {};                               ///< parts that it depends on
  std::optional<BillSource> source = {};                             ///< of a wheel that launch built
};

/// The bill of materials of an image, as its lock determines it.
struct Bill {
  std::string recipe;
  Digest lock = Digest::of("");
  std::int64_t time = 0;  ///< lock_timestamp; 0 if the lock names no day
  std::vector<specs::Platform> platforms;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<BillPart> parts;      ///< the base, interpreters, then wheels by name
  std::vector<std::size_t> direct;  ///< those from which all others can be reached
};

struct BillInput {
  std::string_view recipe;  ///< its name
  const project::LoadedLock& lock;
  /// Of the image; several: the parts of all of them, each with its platforms.
  std::vector<specs::Platform> platforms;
  /// Package URLs name no repository for packages of this index, which is the one that readers assume.
  std::string_view default_index = {};
};

/// Errors (input): the lock names no base image; those of wheels_for.
Result<Bill> make_bill(const BillInput& input);

/// The bill as CycloneDX 1.6 and as SPDX 2.3, in JSON. Pure: the same bill is the same text. The serial
/// number and the namespace are UUIDs of the document's own content. What apt and the base image bring is
/// not listed: the lock does not know it.
std::string cyclonedx_text(const Bill& bill);
std::string spdx_text(const Bill& bill);

/// A UUID (RFC 9562, version 8) of some content.
std::string content_uuid(std::string_view content);

}  // namespace launch::image
