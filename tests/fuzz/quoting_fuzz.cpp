#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "image/quoting.hpp"

namespace launch::fuzz {
namespace {

/// What a builder makes of a word (the Dockerfile reference, "Environment replacement"): nullopt where it
/// would expand a variable or the word does not end.
std::optional<std::string> dockerfile_unquoted(std::string_view word) {
  if (!word.starts_with('"')) return std::string(word);
  std::string out;
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (word[i] == '"') return i + 1 == word.size() ? std::optional(out) : std::nullopt;
    if (word[i] == '$') return std::nullopt;
    if (word[i] == '\\' && ++i == word.size()) return std::nullopt;
    out += word[i];
  }
  return std::nullopt;
}

/// What a POSIX shell makes of a line without variables.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      in_word = false;
      continue;
    }
    if (!std::exchange(in_word, true)) words.emplace_back();
    if (line[i] == '\'') {
      while (++i < line.size() && line[i] != '\'') words.back() += line[i];
    } else {
      if (line[i] == '\\') ++i;
      if (i < line.size()) words.back() += line[i];
    }
  }
  return words;
}

}  // namespace

/// Text that is quoted for a Dockerfile, a shell and a CSV file.
void fuzz_quoting(std::string_view bytes) {
  const std::string text(bytes);
  if (text.find('\0') == std::string::npos) {
    const auto words = shell_words(shell_quote(text));
    require(words.size() == 1 && words.front() == text, "a shell reads a quoted word", text,
            shell_quote(text));
  }
  const auto field = csv_field(text);
  if (field.starts_with('"') && field != text)
    require(replace_all(field.substr(1, field.size() - 2), "\"\"", "\"") == text, "CSV reads a field", text,
            field);
  if (text.find('\n') != std::string::npos || !is_utf8(text)) return;
  const auto word = image::dockerfile_word(text);
  require(dockerfile_unquoted(word) == text, "a builder reads a word", text, word);
  const auto json = parse_json<nlohmann::json>(image::dockerfile_copy_path(text));
  require(json.is_string(), "a path is a string of JSON", text);
  const std::vector<std::string> script{text};
  const auto run = image::run_script(script);
  require(run.find("\n  ") + 3 < run.size() && lines(run).size() == 2, "a line of a script stays one", text,
          run);
}

}  // namespace launch::fuzz
