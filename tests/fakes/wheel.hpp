#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace launch::fakes {

/// A file to put into a zip.
struct ZipSource {
  std::string name;
  std::string content;
  bool deflated = true;
  std::uint16_t mode = 0644;
};

/// How to write a zip; the defaults produce a plain one.
struct ZipStyle {
  std::size_t local_extra = 0;  ///< bytes of padding in the extra field of local headers only
  bool zip64 = false;           ///< sizes, offsets and the end record in their 64-bit forms
  std::string comment = {};     ///< at the end of the file
};

/// A zip of these files, in this order; the same bytes every time.
std::string make_zip(const std::vector<ZipSource>& sources, const ZipStyle& style = {});

/// The inputs of a wheel, from which METADATA, WHEEL and RECORD are written.
struct WheelSpec {
  std::string name;
  std::string version;
  std::vector<std::string> requires_dist = {};
  std::map<std::string, std::string> files = {};  ///< path in the wheel → content
  std::string tags = "py3-none-any";
  std::string requires_python = {};
  std::vector<std::string> provides_extra = {};
  std::map<std::string, std::string> entry_points = {};  ///< console scripts: name → "module:function"
  std::string metadata = {};                             ///< a METADATA file of the test's own, as it stands
  bool deflated = true;
};

/// "torch-2.5.0+cu121-py3-none-any.whl"
std::string wheel_file_name(const WheelSpec& spec);
/// The METADATA file.
std::string wheel_metadata(const WheelSpec& spec);
/// A wheel that pip and uv can install: at least one __init__.py, dist-info last, RECORD with digests. The
/// same bytes every time.
std::string make_wheel(const WheelSpec& spec);

}  // namespace launch::fakes
