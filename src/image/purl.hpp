#pragma once

#include <map>
#include <string>
#include <string_view>

#include "specs/url.hpp"

namespace launch::image {

/// The parts of a package URL (ECMA-427). Each may hold any text.
struct Purl {
  std::string_view type;  ///< "pypi", "oci", "generic"
  std::string_view name;
  std::string_view version;
  std::map<std::string, std::string> qualifiers = {};  ///< empty values are left out

  /// "pkg:pypi/torch@2.6.0%2Bcu126?file_name=torch-2.6.0%2Bcu126-….whl"
  std::string text() const;
};

/// A URL for readers that accept RFC 3986 only, without credentials; empty if it is no http or https URL or
/// its authority is not plain.
std::string plain_url(const specs::Url& url);

}  // namespace launch::image
