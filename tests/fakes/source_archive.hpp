#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace launch::fakes {

/// A member of a tar.
struct TarSource {
  std::string name;
  std::string content = {};
  char type =
      '0';  ///< '0' file, '5' folder, '2' link, '1' hard link, '6' pipe, 'x' pax header, 'L' long name
  std::string target = {};
  std::int64_t time = 1'700'000'000;
  unsigned mode = 0644;
};

/// A ustar file of these members, in this order.
std::string make_tar(const std::vector<TarSource>& sources);
/// A gzip file of these bytes; the same bytes every time.
std::string gzip(std::string_view content);

/// The inputs of a source archive.
struct SourceSpec {
  std::string name;
  std::string version;
  std::vector<std::string> requires_dist = {};
  std::string metadata_version = "2.1";
  std::vector<std::string> dynamic = {};  ///< of metadata 2.2
  std::string pyproject = {};             ///< none if empty
};
/// NAME-VERSION.tar.gz
std::string make_source_archive(const SourceSpec& spec);

}  // namespace launch::fakes
