#include "specs/url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

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

std::string_view before_last_slash(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

/// RFC 3986, 5.2.4, for a path that begins with "/".
std::string remove_dots(std::string_view path) {
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

std::string compose(const UrlParts& parts, std::string_view path) {
  std::string url = fmt::format("{}:", parts.scheme);
  if (parts.has_authority) url += fmt::format("//{}", parts.authority);
  url += path;
  if (parts.has_query) url += fmt::format("?{}", parts.query);
  return url;
}

std::optional<char> hex_byte(std::string_view digits) {
  unsigned value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || result.ptr != digits.data() + 2 || result.ec != std::errc()) return std::nullopt;
  return static_cast<char>(value);
}

}  // namespace

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  url = without_fragment(url);
  if (const auto question = url.find('?'); question != std::string_view::npos) {
    parts.has_query = true;
    parts.query = url.substr(question + 1);
    url = url.substr(0, question);
  }
  if (const auto colon = url.find(':'); colon != std::string_view::npos && is_scheme(url.substr(0, colon))) {
    parts.scheme = url.substr(0, colon);
    url.remove_prefix(colon + 1);
  }
  if (url.starts_with("//")) {
    parts.has_authority = true;
    url.remove_prefix(2);
    parts.authority = url.substr(0, url.find('/'));
    url.remove_prefix(parts.authority.size());
  }
  parts.path = url;
  return parts;
}

std::string url_origin(std::string_view url) {
  const auto parts = split_url(url);
  const auto at = parts.authority.rfind('@');
  const auto host = at == std::string_view::npos ? parts.authority : parts.authority.substr(at + 1);
  return fmt::format("{}://{}", to_lower(parts.scheme), to_lower(host));
}

std::string without_credentials(std::string_view url) {
  auto parts = split_url(url);
  parts.authority.remove_prefix(parts.authority.rfind('@') + 1);
  return compose(parts, parts.path);
}

std::string with_credentials_of(std::string_view url, std::string_view owner) {
  const auto from = split_url(owner).authority;
  auto parts = split_url(url);
  const auto at = from.rfind('@');
  const bool has_own = parts.authority.find('@') != std::string_view::npos;
  if (at == std::string_view::npos || has_own || url_origin(url) != url_origin(owner))
    return std::string(url);
  parts.authority = from;
  return compose(parts, parts.path);
}

std::string resolve_url(std::string_view base, std::string_view link) {
  UrlParts target = split_url(link);
  const UrlParts from = split_url(base);
  if (!target.scheme.empty())
    return compose(target, target.has_authority ? remove_dots(target.path) : std::string(target.path));
  target.scheme = from.scheme;
  if (target.has_authority) return compose(target, remove_dots(target.path));
  target.authority = from.authority;
  target.has_authority = from.has_authority;
  if (target.path.empty()) {
    if (!target.has_query) {
      target.query = from.query;
      target.has_query = from.has_query;
    }
    return compose(target, from.path);
  }
  if (target.path.front() == '/') return compose(target, remove_dots(target.path));
  const auto folder = before_last_slash(from.path);
  return compose(target, remove_dots(fmt::format("{}{}", folder.empty() ? "/" : folder, target.path)));
}

std::string_view url_fragment(std::string_view url) {
  const auto hash = url.find('#');
  return hash == std::string_view::npos ? std::string_view() : url.substr(hash + 1);
}

std::string url_file_name(std::string_view url) {
  const auto path = split_url(url).path;
  return percent_decode(path.substr(before_last_slash(path).size()));
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

std::string extend_path(std::string_view url, std::string_view suffix) {
  const auto parts = split_url(url);
  return compose(parts, fmt::format("{}{}", parts.path, suffix));
}

}  // namespace launch::specs
