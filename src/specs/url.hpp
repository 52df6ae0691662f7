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

/// An absolute URL (RFC 3986) without its fragment; scheme and host are lower case. Safe to show anywhere:
/// text() and fmt leave out user and password, and the values of query parameters that look like signatures.
/// Only with_secrets() returns them, for code that talks to the server and files that must hold a working
/// address.
class Url {
 public:
  /// The empty URL.
  Url() = default;
  /// nullopt if it has no scheme, is an http or https URL without a host, or contains white space or control
  /// characters.
  static std::optional<Url> parse(std::string_view text);
  /// "file:///a/b%2Bc" of the absolute path /a/b+c.
  static Url of_file(const std::filesystem::path& path);

  /// For display.
  std::string text() const;
  /// All of it; never display it.
  const std::string& with_secrets() const { return text_; }
  bool empty() const { return text_.empty(); }

  std::string_view scheme() const { return part(0, scheme_end_); }
  /// "host:8080", without credentials.
  std::string_view authority() const { return part(host_, path_); }
  /// "host", "[::1]"
  std::string_view host() const;
  /// The URL's port, else its scheme's default; nullopt for a scheme without one.
  std::optional<std::uint16_t> port() const;
  /// As written: "/whl/torch-2.6.0%2Bcu126-py3-none-any.whl"
  std::string_view path() const { return part(path_, query_); }
  /// Without "?"
  std::string_view query() const;
  /// "https://host:8080": where requests are sent.
  std::string origin() const;
  /// Percent-decoded; empty without one.
  std::string user() const;
  std::string password() const;

  bool has_credentials() const { return user_ != host_; }
  bool is_http() const { return scheme() == "http" || scheme() == "https"; }
  bool is_file() const { return scheme() == "file"; }
  /// "file:///a/b%2Bc" → /a/b+c; empty if it is not a file URL of this machine.
  std::filesystem::path local_path() const;
  /// The last part of the path, percent-decoded.
  std::string file_name() const;

  /// Resolves a link found on the page at this URL (RFC 3986, 5.2.2); nullopt if the result is not a URL.
  std::optional<Url> resolve(std::string_view link) const;
  /// Appends to the path, before the query; the suffix must be valid in a URL.
  Url extend_path(std::string_view suffix) const;
  /// URL/NAME; percent-encodes the name and drops the query.
  Url child(std::string_view name) const;
  /// Without the query and the last part of the path: ".../nightly" for ".../nightly/cu128".
  Url parent() const;
  /// With "&name=value" or "?name=value" appended; percent-encodes the value.
  Url with_parameter(std::string_view name, std::string_view value) const;
  /// The same path on another server ("host" or "host:port"), without credentials.
  Url on_host(std::string_view authority) const;
  Url without_credentials() const;
  Url without_end_slashes() const;

  /// Compares the whole text, secrets included.
  // NOLINTNEXTLINE(modernize-use-nullptr): a false alarm of clang-tidy 14
  friend auto operator<=>(const Url&, const Url&) = default;

 private:
  /// `text` must be a URL.
  static Url of(const std::string& text);
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

/// Text that should be a URL, without its secrets.
std::string redacted_url(std::string_view text);
/// The part after "#"; empty without one.
std::string_view url_fragment(std::string_view url);
/// "%2B" → "+"; everything that is not a percent sequence is unchanged.
std::string percent_decode(std::string_view text);
/// Percent-encodes everything but letters, digits and "-._~/".
std::string percent_encode_path(std::string_view path);

}  // namespace launch::specs

template <>
struct fmt::formatter<launch::specs::Url> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const launch::specs::Url& url, Context& context) const {
    return fmt::formatter<std::string>::format(url.text(), context);
  }
};
