#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace launch::specs {

/// An absolute URL (RFC 3986) without its fragment; scheme and host are lower case. It can be shown anywhere:
/// text() and fmt leave out user and password, and the values of query parameters that look like signatures.
/// Only with_secrets() gives them, for what talks to the server and for files that must work as an address.
class Url {
 public:
  /// Names nothing.
  Url() = default;
  /// nullopt if it has no scheme, is an http or https URL without a host, or has white space or control
  /// characters in it.
  static std::optional<Url> parse(std::string_view text);
  /// "file:///a/b%2Bc" of the absolute path /a/b+c.
  static Url of_file(const std::filesystem::path& path);

  /// To be shown.
  std::string text() const;
  /// All of it; not to be shown.
  const std::string& with_secrets() const { return text_; }
  bool empty() const { return text_.empty(); }

  std::string_view scheme() const { return part(0, scheme_end_); }
  /// "host:8080", without credentials.
  std::string_view authority() const { return part(host_, path_); }
  /// "host", "[::1]"
  std::string_view host() const;
  /// What the URL says, else that of its scheme; nullopt for a scheme without one.
  std::optional<std::uint16_t> port() const;
  /// As written: "/whl/torch-2.6.0%2Bcu126-py3-none-any.whl"
  std::string_view path() const { return part(path_, query_); }
  /// Without "?"
  std::string_view query() const;
  /// "https://host:8080": where requests go.
  std::string origin() const;
  /// Percent-decoded; empty if there is none.
  std::string user() const;
  std::string password() const;

  bool has_credentials() const { return user_ != host_; }
  bool is_http() const { return scheme() == "http" || scheme() == "https"; }
  bool is_file() const { return scheme() == "file"; }
  /// "file:///a/b%2Bc" → /a/b+c; empty for a URL that is not a file of this machine.
  std::filesystem::path local_path() const;
  /// The last part of the path, percent-decoded.
  std::string file_name() const;

  /// A link found on the page at this URL (RFC 3986, 5.2.2); nullopt if what it leads to is not a URL.
  std::optional<Url> resolve(std::string_view link) const;
  /// With something added to the path, before the query; it must be fit for a URL.
  Url extend_path(std::string_view suffix) const;
  /// URL/NAME; the name is percent-encoded, a query is left out.
  Url child(std::string_view name) const;
  /// Without the last part of the path and the query: ".../nightly" of ".../nightly/cu128".
  Url parent() const;
  /// With "&name=value" or "?name=value"; the value is percent-encoded.
  Url with_parameter(std::string_view name, std::string_view value) const;
  /// The same place on another server ("host" or "host:port"), without credentials.
  Url on_host(std::string_view authority) const;
  Url without_credentials() const;
  Url without_end_slashes() const;

  /// By the whole text, secrets included.
  friend auto operator<=>(const Url&, const Url&) = default;

 private:
  /// `text` must be a URL.
  static Url of(std::string text);
  std::string_view part(std::size_t first, std::size_t end) const {
    return std::string_view(text_).substr(first, end - first);
  }

  std::string text_;
  std::uint32_t scheme_end_ = 0;  ///< where the ":" is
  std::uint32_t user_ = 0;        ///< where "user:password@" begins
  std::uint32_t host_ = 0;
  std::uint32_t path_ = 0;
  std::uint32_t query_ = 0;  ///< where the "?" is, or the end
};

/// Text that should be a URL, as it can be shown.
std::string redacted_url(std::string_view text);
/// What follows "#"; empty if there is none.
std::string_view url_fragment(std::string_view url);
/// "%2B" → "+"; anything but a percent sequence stays.
std::string percent_decode(std::string_view text);
/// All but letters, digits and "-._~/" is percent-encoded.
std::string percent_encode_path(std::string_view path);

}  // namespace launch::specs

template <>
struct fmt::formatter<launch::specs::Url> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const launch::specs::Url& url, Context& context) const {
    return fmt::formatter<std::string>::format(url.text(), context);
  }
};
