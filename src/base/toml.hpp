#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch {

/// Line and column in a file, counted from 1.
struct TomlPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// A value of a TOML document and its position.
struct TomlValue {
  enum class Kind { string, integer, number, boolean, date, array, table };

  Kind kind = Kind::table;
  std::string text;  ///< a string's content, or a date and time as RFC 3339 spells it
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<TomlValue> items;  ///< an array's elements, or a table's values in the order of their keys
  std::string key;               ///< in the table that holds it
  TomlPlace place;
  TomlPlace key_place;
  std::shared_ptr<const std::string> file;  ///< as parse_toml was given it; null for a value made by hand
};

/// Parses a document. Errors (input): "FILE:LINE:COLUMN: …", what TOML forbids there.
Result<TomlValue> parse_toml(std::string_view text, std::string_view file);

/// A document laid over another: its values replace those with the same keys, tables are merged key by key.
/// `merge` sees every key that both have, by its path ("torch.packages"), and returns true if it merged the
/// values itself.
using TomlMerge = std::function<bool(std::string_view path, TomlValue& below, const TomlValue& above)>;
void overlay(TomlValue& below, const TomlValue& above, const TomlMerge& merge);

/// "an integer", "a table": for messages.
std::string_view kind_name(TomlValue::Kind kind);

/// Reads a table strictly: every error names file, line, column and key ("[train] nodes").
class TomlTable {
 public:
  /// The whole document. `document` must outlive the object.
  TomlTable(const TomlValue& document, std::string_view file) : value_(&document), file_(file) {}

  /// Errors (input): a key other than these, with a "did you mean".
  Result<void> only(std::initializer_list<std::string_view> keys) const {
    return only(std::span(keys.begin(), keys.size()));
  }
  Result<void> only(std::span<const std::string_view> keys) const;
  /// The value of a key; null if it does not exist.
  const TomlValue* find(std::string_view key) const;

  // Each leaves `out` unchanged if the key does not exist. Errors (input): another type.
  Result<void> read(std::string_view key, std::string& out) const;
  Result<void> read(std::string_view key, std::optional<std::string>& out) const;
  Result<void> read(std::string_view key, std::int64_t& out) const;
  Result<void> read(std::string_view key, bool& out) const;
  Result<void> read(std::string_view key, std::vector<std::string>& out) const;
  Result<void> read(std::string_view key, std::map<std::string, std::string>& out) const;

  /// A table in it; empty if it does not exist. Errors (input): another type.
  Result<TomlTable> table(std::string_view key) const;
  /// An array of tables, as `[[key]]` or inline. Errors (input): another type.
  Result<std::vector<TomlTable>> tables(std::string_view key) const;

  /// "FILE:LINE:COLUMN: [train] nodes: WHAT", of kind input, at the position of `at`.
  Error wrong(std::string_view key, const TomlValue& at, std::string_view what) const;
  /// The same for a key of this table, at its value, or at the table if the key does not exist.
  Error wrong(std::string_view key, std::string_view what) const;
  /// "expected a string, found an integer"
  Error wrong_type(std::string_view key, const TomlValue& at, std::string_view expected) const;

 private:
  /// As above; a value of another kind is an error.
  Result<const TomlValue*> find(std::string_view key, TomlValue::Kind kind, std::string_view what) const;
  TomlTable(const TomlValue& value, std::string_view file, std::string prefix)
      : value_(&value), file_(file), prefix_(std::move(prefix)) {}
  std::string prefix_of(std::string_view key) const;

  const TomlValue* value_;
  std::string file_;
  std::string prefix_;  ///< "[train] ", "[image] copy."
};

/// A TOML basic string with its quotes; what is not printable UTF-8 text is escaped.
std::string toml_string(std::string_view text);
/// An array of such strings on one line: ["a", "b"].
std::string toml_array(std::span<const std::string> texts);

}  // namespace launch
