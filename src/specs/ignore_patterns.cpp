#include "specs/ignore_patterns.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::specs {
namespace {

/// The characters of UTF-8 text; a byte that is not UTF-8 stands for itself.
std::u32string characters_of(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    if (size == 1 || !is_utf8(text.substr(i, size))) {
      out += byte;
      ++i;
      continue;
    }
    char32_t character = byte & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k)
      character = (character << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    out += character;
    i += size;
  }
  return out;
}

/// As Go's filepath.Clean, and without the "/" at the start: patterns are relative to the top.
std::string cleaned(std::string_view text) {
  auto clean = std::filesystem::path(text).lexically_normal().string();
  if (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
  const auto first = clean.find_first_not_of('/');
  return first == std::string::npos ? clean : clean.substr(first);
}

/// True for "/tests" and "!/tests".
bool was_anchored(std::string_view pattern) {
  pattern = trim(pattern);
  if (pattern.starts_with('!')) pattern = trim(pattern.substr(1));
  return pattern.starts_with('/');
}

}  // namespace

Result<IgnorePattern::Token> IgnorePattern::parse_set(std::u32string_view text, std::size_t& at) {
  Token token{Token::Kind::set};
  const auto incomplete = [] { return fail(input_error("a \"[\" without its \"]\"")); };
  // A character of the set; nullopt for what must be escaped.
  const auto next = [&]() -> std::optional<char32_t> {
    if (at < text.size() && (text[at] == U'-' || text[at] == U']')) return std::nullopt;
    if (at < text.size() && text[at] == U'\\') ++at;
    return at < text.size() ? std::optional(text[at++]) : std::nullopt;
  };
  token.negated = at < text.size() && text[at] == U'^';
  if (token.negated) ++at;
  while (at < text.size() && (text[at] != U']' || token.set.empty())) {
    const auto first = next();
    if (!first) return incomplete();
    auto last = first;
    if (at < text.size() && text[at] == U'-') {
      ++at;
      last = next();
      if (!last) return incomplete();
    }
    if (*last < *first) return fail(input_error("a range in \"[…]\" that ends before it begins"));
    token.set.emplace_back(*first, *last);
  }
  if (at >= text.size()) return incomplete();
  ++at;
  return token;
}

Result<IgnorePattern> IgnorePattern::parse(std::string_view text) {
  using Kind = Token::Kind;
  IgnorePattern out;
  auto rest = trim(text);
  out.includes_ = rest.starts_with('!');
  if (out.includes_) rest = trim(rest.substr(1));
  if (rest.empty()) return fail(input_error("\"!\" without a pattern"));
  out.text_ = cleaned(rest);
  const auto all = characters_of(out.text_);
  // "**.py" matches the end of any path, but only as long as nothing else in it is special.
  const bool is_suffix = all.starts_with(U"**") && !all.starts_with(U"**/") &&
                         all.find_first_of(U"*?[]\\", 2) == std::u32string::npos;
  for (std::size_t i = 0; i < all.size();) {
    const auto c = all[i++];
    if (c == U'*' && i < all.size() && all[i] == U'*') {
      ++i;
      if (i < all.size() && all[i] == U'/') ++i;
      out.tokens_.push_back({i == all.size() || is_suffix ? Kind::any : Kind::any_folders});
    } else if (c == U'*') {
      out.tokens_.push_back({Kind::any_in_name});
    } else if (c == U'?') {
      out.tokens_.push_back({Kind::any_character});
    } else if (c == U'[') {
      TRY_ASSIGN(auto set, parse_set(all, i));
      out.tokens_.push_back(std::move(set));
    } else if (c == U'\\' && i == all.size()) {
      return fail(input_error("a \"\\\" at its end"));
    } else {
      out.tokens_.push_back({Kind::character, c == U'\\' ? all[i++] : c});
    }
  }
  for (auto token = out.tokens_.rbegin(); token != out.tokens_.rend(); ++token) {
    if (token->kind != Kind::character || token->character >= 0x80) break;
    out.end_.insert(out.end_.begin(), static_cast<char>(token->character));
  }
  return out;
}

bool IgnorePattern::accepts(const Token& token, char32_t character) {
  switch (token.kind) {
    case Token::Kind::character:
      return character == token.character;
    case Token::Kind::set:
      return token.negated != std::any_of(token.set.begin(), token.set.end(), [&](const auto& range) {
               return range.first <= character && character <= range.second;
             });
    case Token::Kind::any_character:
    case Token::Kind::any_in_name:
      return character != U'/';
    case Token::Kind::any:
    case Token::Kind::any_folders:
      return true;
  }
  return false;
}

// All positions in the pattern that the path's beginning leads to, character by character: linear in both,
// whatever the pattern.
bool IgnorePattern::matches(std::string_view path) const {
  using Kind = Token::Kind;
  if (!path.ends_with(end_)) return false;
  if (end_.size() == tokens_.size()) return path.size() == end_.size();
  enum : std::uint8_t { before = 1, inside = 2 };
  const auto size = tokens_.size();
  std::vector<std::uint8_t> now(size + 1);
  std::vector<std::uint8_t> next(size + 1);
  const auto skip_what_may_be_empty = [&](std::vector<std::uint8_t>& at) {
    for (std::size_t i = 0; i < size; ++i) {
      const auto kind = tokens_[i].kind;
      const bool may = kind == Kind::any_in_name || kind == Kind::any || kind == Kind::any_folders;
      if (may && (at[i] & before) != 0) at[i + 1] |= before;
    }
  };
  now[0] = before;
  skip_what_may_be_empty(now);
  for (const auto character : characters_of(path)) {
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t i = 0; i < size; ++i) {
      const auto& token = tokens_[i];
      if (now[i] == 0 || !accepts(token, character)) continue;
      if (token.kind == Kind::any_folders) {
        next[i] |= inside;
        if (character == U'/') next[i + 1] |= before;
      } else {
        const bool stays = token.kind == Kind::any_in_name || token.kind == Kind::any;
        next[stays ? i : i + 1] |= before;
      }
    }
    skip_what_may_be_empty(next);
    std::swap(now, next);
  }
  return now[size] != 0;
}

Result<IgnorePatterns> IgnorePatterns::parse(std::span<const std::string> patterns) {
  IgnorePatterns out;
  for (const auto& text : patterns) {
    auto pattern = IgnorePattern::parse(text);
    if (!pattern)
      return fail(
          input_error(fmt::format("{} is not a pattern: {}", in_quotes(text), pattern.error().message())));
    out.patterns_.push_back(*std::move(pattern));
  }
  return out;
}

Result<IgnorePatterns> IgnorePatterns::parse_at_any_depth(std::span<const std::string> patterns) {
  TRY_ASSIGN(const auto as_written, parse(patterns));
  std::vector<std::string> anywhere;
  for (const auto& pattern : as_written.patterns_) {
    const auto& text = pattern.text();
    const bool anchored = text.find('/') != std::string::npos || was_anchored(patterns[anywhere.size()]);
    anywhere.push_back((pattern.includes() ? "!" : "") + std::string(anchored ? "" : "**/") + text);
  }
  return parse(anywhere);
}

Result<IgnorePatterns> IgnorePatterns::parse_file(std::string_view text, std::string_view file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  IgnorePatterns out;
  std::size_t number = 0;
  for (const auto line : lines(text)) {
    ++number;
    if (line.starts_with('#') || trim(line).empty()) continue;
    auto pattern = IgnorePattern::parse(line);
    if (!pattern) {
      return fail(input_error(fmt::format("{}:{}: {} is not a pattern: {}", file, number,
                                          in_quotes(trim(line)), pattern.error().message())));
    }
    out.patterns_.push_back(*std::move(pattern));
  }
  return out;
}

IgnorePatterns::Verdict IgnorePatterns::of(std::string_view path, const Verdict& folder) const {
  Verdict out;
  out.matched.resize(patterns_.size());
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    out.matched[i] = (!folder.matched.empty() && folder.matched[i]) || patterns_[i].matches(path);
    if (out.matched[i]) out.excluded = !patterns_[i].includes();
  }
  return out;
}

IgnorePatterns::Verdict IgnorePatterns::of(std::string_view path) const {
  Verdict verdict;
  for (auto end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1))
    verdict = of(path.substr(0, end), verdict);
  return of(path, verdict);
}

bool IgnorePatterns::may_include_below(std::string_view folder) const {
  const auto names = split(folder, '/');
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const IgnorePattern& pattern) {
    if (!pattern.includes()) return false;
    const auto& text = pattern.text();
    if (text.find("**") != std::string::npos || text.find_first_of("[\\") != std::string::npos) return true;
    const auto parts = split(text, '/');
    if (parts.size() <= names.size()) return false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (parts[i] != names[i] && parts[i].find_first_of("*?") == std::string_view::npos) return false;
    }
    return true;
  });
}

bool IgnorePatterns::match_exactly(std::string_view path) const {
  bool excluded = false;
  for (const auto& pattern : patterns_) {
    if (pattern.includes() == excluded && pattern.matches(path)) excluded = !excluded;
  }
  return excluded;
}

}  // namespace launch::specs
