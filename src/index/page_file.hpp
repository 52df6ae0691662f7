#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "index/simple_page.hpp"

namespace launch::index {

/// One link of a page, before any of it is validated.
struct RawFile {
  std::string file_name = {};
  std::optional<specs::Url> url = {};  ///< resolved; none: it leads nowhere
  std::optional<Digest> sha256 = {};
  std::optional<std::string> upload_time = {};
  bool from_local_page = false;  ///< file:// is allowed
};

/// The file with its valid parts; nullopt if its name or URL is unusable.
std::optional<IndexFile> checked_file(RawFile raw);
/// A digest from any spelling of its 64 hex digits; nullopt for anything else.
std::optional<Digest> checked_sha256(std::string_view text);

/// "the page URL is …", with the hint that suits all such errors.
Error bad_page(const specs::Url& url, std::string_view reason);

}  // namespace launch::index
