#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::specs {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || is_letter(c);
}
constexpr bool is_word(char c) {
  return is_alphanumeric(c) || c == '_';
}

/// Reads text from left to right.
class Scanner {
 public:
  /// `what` names the text in errors: "requirement".
  Scanner(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  bool done() const { return at_ == text_.size(); }
  std::size_t position() const { return at_; }
  /// NUL at the end.
  char peek() const { return done() ? '\0' : text_[at_]; }
  std::string_view text() const { return text_; }
  std::string_view rest() const { return text_.substr(at_); }
  std::string_view since(std::size_t start) const { return text_.substr(start, at_ - start); }

  bool take(std::string_view literal) {
    if (!rest().starts_with(literal)) return false;
    at_ += literal.size();
    return true;
  }
  /// Takes a literal that is not followed by a letter, digit or "_".
  bool take_word(std::string_view literal) {
    if (!rest().starts_with(literal)) return false;
    const auto end = at_ + literal.size();
    if (end < text_.size() && is_word(text_[end])) return false;
    at_ = end;
    return true;
  }
  template <class Predicate>
  std::string_view take_while(Predicate&& fits) {
    const auto start = at_;
    while (!done() && fits(text_[at_])) ++at_;
    return since(start);
  }
  /// Skips spaces and tabs.
  void skip_blanks() {
    take_while([](char c) { return c == ' ' || c == '\t'; });
  }

  /// "expected X at column 7 of the requirement "…", found "…"" (input)
  Error expected(std::string_view expectation) const { return expected(expectation, at_); }
  Error expected(std::string_view expectation, std::size_t position) const;

 private:
  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
};

}  // namespace launch::specs
