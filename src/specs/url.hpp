#pragma once

#include <string>
#include <string_view>

namespace launch::specs {

/// The parts of a URL (RFC 3986, appendix B); empty when they are not there. The fragment is left out.
struct UrlParts {
  std::string_view scheme;     ///< "https"
  std::string_view authority;  ///< "user:secret@host:8080"
  std::string_view path;       ///< "/simple/torch/"
  std::string_view query;      ///< without "?"
  bool has_authority = false;
  bool has_query = false;
};
UrlParts split_url(std::string_view url);

/// "https://host:8080", without credentials: where requests go.
std::string url_origin(std::string_view url);
/// The URL without "user:secret@".
std::string without_credentials(std::string_view url);
/// `url` with the credentials of `owner` when both are of one origin; they never go to another.
std::string with_credentials_of(std::string_view url, std::string_view owner);
/// Resolves a link that was found at `base` (RFC 3986, 5.2.2); the result has no fragment.
std::string resolve_url(std::string_view base, std::string_view link);
/// What follows "#"; empty when there is none.
std::string_view url_fragment(std::string_view url);
/// The last part of the path, percent-decoded: the name of a file.
std::string url_file_name(std::string_view url);
/// "%2B" → "+"; what is no percent sequence stays.
std::string percent_decode(std::string_view text);
/// A file's path as the path of a URL: all but letters, digits and "-._~/" is percent-encoded.
std::string percent_encode_path(std::string_view path);
/// With something added to the path, before the query.
std::string extend_path(std::string_view url, std::string_view suffix);

}  // namespace launch::specs
