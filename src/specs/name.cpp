#include "specs/name.hpp"

#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

bool is_separator(char c) {
  return c == '-' || c == '_' || c == '.';
}

}  // namespace

std::string normalize_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_separator(c)) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (i == 0 || !is_separator(name[i - 1])) {
      out += '-';
    }
  }
  return out;
}

bool is_valid_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;  // of a file's name, of which it is a part
  if (name.empty() || name.size() > kLongest) return false;
  if (!is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && !is_separator(c)) return false;
  }
  return true;
}

}  // namespace launch::specs
