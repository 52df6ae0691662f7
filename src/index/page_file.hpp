#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "index/simple_page.hpp"

namespace launch::index {

/// One link as a page has it, before anything of it is believed.
struct RawFile {
  std::string file_name = {};
  std::optional<specs::Url> url = {};  ///< resolved; none: it leads nowhere
  std::optional<Digest> sha256 = {};
  std::optional<std::string> upload_time = {};
  bool from_local_page = false;  ///< file:// is allowed
};

/// The file with what can be believed; nothing when its name or URL cannot be used.
std::optional<IndexFile> checked_file(RawFile raw);
/// A digest from any spelling of its 64 hex digits; nullopt if it is none.
std::optional<Digest> checked_sha256(std::string_view text);

/// "the page URL is …", with the hint that fits all of them.
Error bad_page(const specs::Url& url, std::string_view reason);

}  // namespace launch::index
