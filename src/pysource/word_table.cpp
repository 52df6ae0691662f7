#include "pysource/word_table.hpp"

#include <algorithm>
#include <array>

#include "pysource/call_sites.hpp"

namespace launch::pysource {
namespace {

bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 33> kWords = {
      "and",    "as",   "assert", "async",  "await",   "break", "continue", "def",    "del",
      "elif",   "else", "except", "False",  "finally", "for",   "from",     "global", "if",
      "import", "in",   "is",     "lambda", "None",    "not",   "or",       "pass",   "raise",
      "return", "self", "True",   "while",  "with",    "yield"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// The text of a string that is a name; empty for others.
std::string_view named_in(std::string_view token) {
  if (token.size() < 4 || token.size() > 66) return {};
  const char quote = token.front();
  if ((quote != '\'' && quote != '"') || token.back() != quote) return {};
  const auto text = token.substr(1, token.size() - 2);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return plain ? text : std::string_view();
}

}  // namespace

WordTable::WordTable(const SourceTree& tree, const Roots& roots) {
  const auto& tokens = tree.list().tokens;
  of_token_.resize(tokens.size());
  for (std::uint32_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == TokenKind::name) {
      of_token_[i] = intern(tree.text(i), roots);
    } else if (tokens[i].kind == TokenKind::string) {
      const auto name = named_in(tree.text(i));
      if (!name.empty()) of_token_[i] = intern(name, roots);
    }
  }
}

std::uint32_t WordTable::intern(std::string_view text, const Roots& roots) {
  const auto hash = hash_of_name(text);
  auto slot = hash & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    const auto& word = words_[slots_[slot]];
    if (word.hash == hash && word.text == text) return slots_[slot];
  }
  const auto number = static_cast<std::uint32_t>(words_.size());
  words_.push_back({text, hash, interest_of(text, roots), is_keyword(text)});
  slots_[slot] = number;
  if (words_.size() * 2 > slots_.size()) grow();
  return number;
}

void WordTable::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::uint32_t number = 1; number < words_.size(); ++number) {
    auto slot = words_[number].hash & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = number;
  }
}

Word* WordTable::find(std::string_view text) {
  const auto hash = hash_of_name(text);
  for (auto slot = hash & (slots_.size() - 1); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    auto& word = words_[slots_[slot]];
    if (word.hash == hash && word.text == text) return &word;
  }
  return nullptr;
}

}  // namespace launch::pysource
