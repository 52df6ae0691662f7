#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::specs {

/// A pattern of a .dockerignore, compiled: `*` and `?` match within a name, `**` across folders, `[a-z]` and
/// `\` as in Go's path/filepath.Match.
class IgnorePattern {
 public:
  /// `text` is one pattern, perhaps with "!". Errors (input): an incomplete "[", range or "\", a lone "!".
  static Result<IgnorePattern> parse(std::string_view text);

  /// True if it matches the whole path; a folder's pattern does not match what is in it.
  bool matches(std::string_view path) const;
  /// True if it starts with "!": what it matches is included again.
  bool includes() const { return includes_; }
  /// Without "!", and normalized: "a/b" for "/a//b/".
  const std::string& text() const { return text_; }

 private:
  struct Token {
    enum class Kind { character, set, any_character, any_in_name, any, any_folders } kind;
    char32_t character = 0;                               ///< Kind::character
    std::vector<std::pair<char32_t, char32_t>> set = {};  ///< Kind::set: first and last of each range
    bool negated = false;                                 ///< Kind::set
  };
  static Result<Token> parse_set(std::u32string_view text, std::size_t& at);
  static bool accepts(const Token& token, char32_t character);

  std::string text_;
  std::vector<Token> tokens_;
  std::string end_;  ///< the ASCII text that every match ends with, to pass over most paths at once
  bool includes_ = false;
};

/// A list of patterns by the rules of .dockerignore: the last pattern that matches a path, or a folder that
/// it is in, decides. Paths are relative, with "/" between names.
class IgnorePatterns {
 public:
  /// Errors (input): those of IgnorePattern::parse, with the pattern.
  static Result<IgnorePatterns> parse(std::span<const std::string> patterns);
  /// The same, but as in a .gitignore a pattern with no "/" before its end matches at any depth: "tests" is
  /// "**/tests". Errors (input): the same.
  static Result<IgnorePatterns> parse_at_any_depth(std::span<const std::string> patterns);
  /// A file with a pattern a line; lines that start with "#" are comments. Errors (input): the same, with
  /// file and line.
  static Result<IgnorePatterns> parse_file(std::string_view text, std::string_view file);

  /// What the patterns say of a path, for that and for the paths below it.
  struct Verdict {
    bool excluded = false;
    std::vector<bool> matched = {};  ///< the path, or a folder that it is in, by each pattern
  };
  /// `folder` is the verdict of the folder that the path is in; default: of the top.
  Verdict of(std::string_view path, const Verdict& folder) const;
  Verdict of(std::string_view path) const;

  /// False if no pattern with "!" can match below a folder. True claims nothing.
  bool may_include_below(std::string_view folder) const;
  /// True if a pattern matches the path itself, whatever folders it is in, and none with "!" does after it.
  bool match_exactly(std::string_view path) const;

 private:
  std::vector<IgnorePattern> patterns_;
};

}  // namespace launch::specs
