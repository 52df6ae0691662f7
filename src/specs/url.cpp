#include "specs/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

std::string_view without_fragment(std::string_view url) {
  return url.substr(0, url.find('#'));
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
  });
}

/// The length of the scheme before ":"; 0 without one.
std::size_t scheme_size(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && is_scheme(text.substr(0, colon)) ? colon : 0;
}

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

void lower(std::string& text, std::size_t first, std::size_t end) {
  std::transform(text.data() + first, text.data() + end, text.data() + first,
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
}

/// Whether a path may have segments "." or "..".
bool has_dots(std::string_view path) {
  return path.find("/.") != std::string_view::npos;
}

/// RFC 3986, 5.2.4, for a path that begins with "/".
std::string remove_dots(std::string_view path) {
  if (!has_dots(path)) return path.empty() ? "/" : std::string(path);
  std::string out;
  const auto parts = split(path, '/');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (parts[i] == "..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
    } else if (parts[i] != ".") {
      out += '/';
      out += parts[i];
      continue;
    }
    if (last) out += '/';
  }
  return out.empty() ? "/" : out;
}

std::optional<char> hex_byte(std::string_view digits) {
  unsigned value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || result.ptr != digits.data() + 2 || result.ec != std::errc()) return std::nullopt;
  return static_cast<char>(value);
}

bool is_secret(std::string_view parameter) {
  const auto name = to_lower(percent_decode(parameter));
  constexpr std::array<std::string_view, 5> kWhole = {"sig", "key", "auth", "policy", "jwt"};
  constexpr std::array<std::string_view, 9> kPart = {
      "signature", "token", "secret", "passw", "credential", "apikey", "api_key", "access_key", "accesskey"};
  return std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end() ||
         std::any_of(kPart.begin(), kPart.end(),
                     [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

std::string without_secrets(std::string_view query) {
  std::string out;
  for (const auto parameter : split(query, '&')) {
    if (!out.empty()) out += '&';
    const auto equals = parameter.find('=');
    const bool secret = equals != std::string_view::npos && is_secret(parameter.substr(0, equals));
    out += secret ? std::string(parameter.substr(0, equals + 1)) + "***" : std::string(parameter);
  }
  return out;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  text = without_fragment(text);
  const auto scheme = scheme_size(text);
  constexpr std::size_t kLongest = std::numeric_limits<std::uint32_t>::max();
  if (scheme == 0 || text.size() > kLongest || has_blank_or_control(text)) return std::nullopt;
  Url url;
  url.text_ = text;
  lower(url.text_, 0, scheme);
  auto place = scheme + 1;
  const bool has_authority = text.substr(place).starts_with("//");
  if (has_authority) place += 2;
  const auto path = has_authority ? std::min(text.find_first_of("/?", place), text.size()) : place;
  const auto at = text.substr(place, path - place).rfind('@');
  const auto host = at == std::string_view::npos ? place : place + at + 1;
  lower(url.text_, host, path);
  url.scheme_end_ = static_cast<std::uint32_t>(scheme);
  url.user_ = static_cast<std::uint32_t>(place);
  url.host_ = static_cast<std::uint32_t>(host);
  url.path_ = static_cast<std::uint32_t>(path);
  url.query_ = static_cast<std::uint32_t>(std::min(text.find('?', path), text.size()));
  if (url.is_http() && url.host().empty()) return std::nullopt;
  return url;
}

Url Url::of(const std::string& text) {
  return parse(text).value_or(Url());
}

Url Url::of_file(const std::filesystem::path& path) {
  return of("file://" + percent_encode_path(path.string()));
}

std::string Url::text() const {
  return redacted_url(text_);
}

std::string_view Url::host() const {
  const auto whole = authority();
  const auto colon = whole.rfind(':');
  const auto bracket = whole.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? whole.substr(0, colon) : whole;
}

std::optional<std::uint16_t> Url::port() const {
  const auto given = authority().substr(host().size());
  std::uint16_t port = 0;
  if (given.size() > 1) {
    const auto result = std::from_chars(given.data() + 1, given.data() + given.size(), port);
    if (result.ec == std::errc() && result.ptr == given.data() + given.size()) return port;
  }
  if (scheme() == "https") return 443;
  return scheme() == "http" ? std::optional<std::uint16_t>(80) : std::nullopt;
}

std::string_view Url::query() const {
  return query_ == text_.size() ? std::string_view() : part(query_ + 1, text_.size());
}

std::string Url::origin() const {
  return fmt::format("{}://{}", scheme(), authority());
}

std::string Url::user() const {
  const auto all = part(user_, has_credentials() ? host_ - 1 : host_);
  return percent_decode(all.substr(0, all.find(':')));
}

std::string Url::password() const {
  const auto all = part(user_, has_credentials() ? host_ - 1 : host_);
  const auto colon = all.find(':');
  return colon == std::string_view::npos ? std::string() : percent_decode(all.substr(colon + 1));
}

std::filesystem::path Url::local_path() const {
  if (!is_file() || has_credentials()) return {};
  if (!authority().empty() && authority() != "localhost") return {};
  auto local = percent_decode(path());
  if (!local.starts_with('/') || local.find('\0') != std::string::npos) return {};
  return local;
}

std::string Url::file_name() const {
  const auto whole = path();
  return percent_decode(whole.substr(whole.rfind('/') + 1));
}

std::optional<Url> Url::resolve(std::string_view link) const {
  link = without_fragment(link);
  if (scheme_size(link) > 0 || link.starts_with("//")) {
    auto there = parse(link.starts_with("//") ? fmt::format("{}:{}", scheme(), link) : std::string(link));
    if (!there || there->host_ <= there->scheme_end_ + 1) return there;
    if (there->path().starts_with('/') && !has_dots(there->path())) return there;
    return parse(fmt::format("{}{}{}", there->part(0, there->path_), remove_dots(there->path()),
                             there->part(there->query_, there->text_.size())));
  }
  const auto link_path = link.substr(0, link.find('?'));
  const auto link_query = link.substr(link_path.size());
  const auto server = part(0, path_);
  if (link_path.empty()) {
    const auto kept = part(0, link_query.empty() ? text_.size() : query_);
    return parse(fmt::format("{}{}", kept, link_query));
  }
  if (link_path.front() == '/')
    return parse(fmt::format("{}{}{}", server, remove_dots(link_path), link_query));
  const auto folder = path().substr(0, path().rfind('/') + 1);
  return parse(fmt::format("{}{}{}", server,
                           remove_dots(fmt::format("{}{}", folder.empty() ? "/" : folder, link_path)),
                           link_query));
}

Url Url::extend_path(std::string_view suffix) const {
  return of(fmt::format("{}{}{}", part(0, query_), suffix, part(query_, text_.size())));
}

Url Url::child(std::string_view name) const {
  const auto folder = part(0, query_);
  return of(fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", percent_encode_path(name)));
}

Url Url::parent() const {
  const auto slash = path().rfind('/');
  return of(std::string(part(0, path_ + (slash == std::string_view::npos ? 0 : slash))));
}

Url Url::with_parameter(std::string_view name, std::string_view value) const {
  return of(fmt::format("{}{}{}={}", text_, query_ == text_.size() ? '?' : '&', name,
                        replace_all(percent_encode_path(value), "/", "%2F")));
}

Url Url::on_host(std::string_view authority) const {
  return of(fmt::format("{}{}{}", part(0, user_), authority, part(path_, text_.size())));
}

Url Url::without_credentials() const {
  return has_credentials() ? of(fmt::format("{}{}", part(0, user_), part(host_, text_.size()))) : *this;
}

Url Url::without_end_slashes() const {
  auto text = text_;
  while (text.size() > path_ && text.ends_with('/')) text.pop_back();
  return of(text);
}

std::string redacted_url(std::string_view raw) {
  const auto shown = printable(raw);  // first, so that the text of a text is the same
  std::string_view url = shown;
  std::string out;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    out = url.substr(0, scheme + 3);
    url.remove_prefix(scheme + 3);
    const auto authority = url.substr(0, std::min(url.find_first_of("/?#"), url.size()));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  }
  const auto question = url.find('?');
  if (question == std::string_view::npos) return out.append(url);
  const auto fragment = std::min(url.find('#', question), url.size());
  out.append(url.substr(0, question + 1));
  out += without_secrets(url.substr(question + 1, fragment - question - 1));
  return out.append(url.substr(fragment));
}

std::string_view url_fragment(std::string_view url) {
  const auto hash = url.find('#');
  return hash == std::string_view::npos ? std::string_view() : url.substr(hash + 1);
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? hex_byte(text.substr(i + 1, 2)) : std::nullopt;
    out += byte.value_or(text[i]);
    if (byte) i += 2;
  }
  return out;
}

std::string percent_encode_path(std::string_view path) {
  constexpr std::string_view kSafe = "-._~/";
  std::string out;
  for (const char c : path) {
    if (is_alphanumeric(c) || kSafe.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace launch::specs
