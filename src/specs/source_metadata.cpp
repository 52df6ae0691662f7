#include "specs/source_metadata.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "specs/headers.hpp"
#include "specs/version.hpp"

namespace launch::specs {
namespace {

bool matters(std::string_view field) {
  constexpr std::array<std::string_view, 3> kFields{"requires-dist", "requires-python", "provides-extra"};
  return std::find(kFields.begin(), kFields.end(), to_lower(trim(field))) != kFields.end();
}

}  // namespace

Result<SourceMetadata> parse_pkg_info(std::string_view text) {
  SourceMetadata found;
  TRY_ASSIGN(found.core, CoreMetadata::parse(text));
  static const auto since = Version::parse("2.2").value();
  for (const auto& header : parse_headers(text)) {
    if (header.name == "metadata-version") {
      const auto version = Version::parse(header.value);
      found.is_static = version && !(*version < since);
    }
    if (header.name == "dynamic" && matters(header.value)) {
      found.is_static = false;
      break;
    }
  }
  return found;
}

}  // namespace launch::specs
