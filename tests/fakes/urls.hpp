#pragma once

#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "specs/url.hpp"

namespace launch::fakes {

/// Parses a text that is known to be a URL.
inline specs::Url url(std::string_view text) {
  auto url = specs::Url::parse(text);
  if (!url) throw std::invalid_argument("not a URL: " + std::string(text));
  return *std::move(url);
}

}  // namespace launch::fakes

namespace launch::specs {

/// Compares the whole text, secrets included.
inline bool operator==(const Url& url, std::string_view text) {
  return url.with_secrets() == text;
}
inline void PrintTo(const Url& url, std::ostream* out) {
  *out << url.with_secrets();
}

}  // namespace launch::specs
