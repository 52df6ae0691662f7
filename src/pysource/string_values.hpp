#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/listed_names.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// In a string value: a part that is computed at run time and can be any text.
constexpr char kAnyText = '\x01';

/// True if `text` matches `pattern` (kAnyText matches any text).
bool fits_pattern(std::string_view pattern, std::string_view text);
inline bool is_pattern(std::string_view text) {
  return text.find(kAnyText) != std::string_view::npos;
}

/// The possible values of a variable: strings, and names of objects' attributes.
struct TextValue {
  std::vector<std::string> texts;
  std::vector<ListedNames> listed;

  void merge(const TextValue& other);
};

/// Tracks strings and collections of strings that a module's code builds from literals.
class TextValues {
 public:
  /// `module` is the value of `__name__`.
  explicit TextValues(std::string module) : module_(std::move(module)) {}

  /// The possible values of an expression. Never empty: an expression that is not understood can be any text.
  TextValue texts(const SourceTree& tree, TokenRange expression) const;
  /// The elements of a list, tuple or set, or the keys of a dict; nullopt if not understood.
  std::optional<std::vector<std::string>> elements(const SourceTree& tree, TokenRange expression) const;

  /// `name = expression`
  void assign(const std::string& name, const SourceTree& tree, TokenRange expression);
  /// `for name in expression`, including listed_names and the keys of a dict; and `for name, attribute in …`
  void assign_element(const std::string& name, const SourceTree& tree, TokenRange expression,
                      std::string_view attribute = {});
  void set(const std::string& name, TextValue value) { texts_[name] = std::move(value); }
  /// name += expression, name.extend(expression), name.append(…) with its argument as a list
  void extend(const std::string& name, const std::optional<std::vector<std::string>>& more);
  const TextValue* find(const std::string& name) const;
  const std::map<std::string, std::vector<std::string>>& collections() const { return collections_; }
  /// Combines the values where two paths of the code meet.
  void merge(const TextValues& other);

 private:
  TextValue term(const SourceTree& tree, TokenRange expression) const;
  TextValue literal(const SourceTree& tree, std::uint32_t token) const;
  /// Counts texts that are to be held; false if the module has too many.
  bool afford(const std::vector<std::string>& texts);

  std::string module_;
  std::map<std::string, TextValue> texts_;
  std::map<std::string, std::vector<std::string>> collections_;
  std::map<std::string, std::vector<ListedNames>, std::less<>>
      listed_;            ///< variables that hold what is listed
  std::size_t held_ = 0;  ///< bytes of all texts that were ever held
};

/// The value of a string token that is not an f-string; escapes other than \\, \', \" are left as written.
/// nullopt for bytes.
std::optional<std::string> plain_string(std::string_view token);

}  // namespace launch::pysource
