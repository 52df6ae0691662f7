#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// In a string value: any text, for a part that is computed when the code runs.
constexpr char kAnyText = '\x01';

/// True when `text` is an instance of `pattern` (kAnyText stands for any text).
bool fits_pattern(std::string_view pattern, std::string_view text);
inline bool is_pattern(std::string_view text) {
  return text.find(kAnyText) != std::string_view::npos;
}

/// What a variable may hold: strings, and the names that dir(OBJECT) gives.
struct TextValue {
  std::vector<std::string> texts;
  std::vector<std::string> directories;  ///< dotted names of the objects

  void merge(const TextValue& other);
};

/// Strings and collections of strings that a module's code builds from literals, as far as that can be read.
class TextValues {
 public:
  /// `module` is what `__name__` holds.
  explicit TextValues(std::string module) : module_(std::move(module)) {}

  /// What an expression may be. Never empty: what cannot be read is any text.
  TextValue texts(const SourceTree& tree, TokenRange expression) const;
  /// The elements of a list, tuple or set, or the keys of a dict; nothing when they cannot be read.
  std::optional<std::vector<std::string>> elements(const SourceTree& tree, TokenRange expression) const;

  /// `name = expression`
  void assign(const std::string& name, const SourceTree& tree, TokenRange expression);
  /// `for name in expression`, dir(…) and the keys of a dict included
  void assign_element(const std::string& name, const SourceTree& tree, TokenRange expression);
  void set(const std::string& name, TextValue value) { texts_[name] = std::move(value); }
  /// name += expression, name.extend(expression), name.append(…) with brackets put around
  void extend(const std::string& name, const std::optional<std::vector<std::string>>& more);
  const TextValue* find(const std::string& name) const;
  const std::map<std::string, std::vector<std::string>>& collections() const { return collections_; }
  /// What holds where two ways of the code meet.
  void merge(const TextValues& other);

 private:
  TextValue term(const SourceTree& tree, TokenRange expression) const;
  TextValue literal(const SourceTree& tree, std::uint32_t token) const;

  std::string module_;
  std::map<std::string, TextValue> texts_;
  std::map<std::string, std::vector<std::string>> collections_;
};

/// The text of a string token that is no f-string; escapes other than \\, \', \" stay as written. Nothing for
/// bytes.
std::optional<std::string> plain_string(std::string_view token);

}  // namespace launch::pysource
