#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pysource/condition.hpp"
#include "pysource/gate_words.hpp"
#include "specs/specifier.hpp"
#include "specs/version.hpp"

namespace launch::pysource {

/// A Python value, as far as tests of versions and features use them.
struct Value {
  enum class Kind : std::uint8_t {
    unknown,       ///< `truth` is open or either
    truth,         ///< True, False, or either of them
    none,          ///< None
    number,        ///< int
    real,          ///< float
    text,          ///< str; `special`: a torch.torch_version.TorchVersion
    sequence,      ///< tuple or list
    mapping,       ///< dict; keys and values by turns
    version,       ///< packaging.version.Version
    loose,         ///< distutils' LooseVersion or StrictVersion: its parts
    specifiers,    ///< packaging.specifiers.SpecifierSet
    object,        ///< `other` of the module `text`; `special`: it exists
    module,        ///< a module of the scanned code: `number`
    distribution,  ///< importlib.metadata's and pkg_resources' of `text`
    directory,     ///< dir() or __dict__ of the object `text`, `other`
    signature,     ///< inspect.signature of the object `text`, `other`; its parameters
    fields,        ///< the names of the fields of the dataclass `text`, `other`
    members,       ///< objects whose names are those of the listing items[0]: dataclasses.fields(…)
    matches,   ///< a truth for each name; `truth`: whether one of them is true; `special`: each is negated
    function,  ///< of the scanned code
    raises,    ///< no value: an exception
  };
  Kind kind = Kind::unknown;
  Truth truth = Truth::either();
  bool special = false;
  std::int64_t number = 0;
  double real = 0;
  std::string text = {};
  std::string other = {};
  std::vector<Value> items = {};
  std::shared_ptr<const specs::Version> version = {};
  std::shared_ptr<const specs::SpecifierSet> specifiers = {};
  const Expression* function = nullptr;
  std::uint32_t module = 0;  ///< where the function is defined

  static Value unknown(Truth truth) { return {.kind = Kind::unknown, .truth = truth}; }
  static Value of(Truth truth) { return {.kind = Kind::truth, .truth = truth}; }
  static Value of(std::string text) { return {.kind = Kind::text, .text = std::move(text)}; }
  static Value of(std::int64_t number) { return {.kind = Kind::number, .number = number}; }
  static Value of(std::vector<Value> items) { return {.kind = Kind::sequence, .items = std::move(items)}; }
  /// Raises if the text is not a PEP 440 version.
  static Value version_of(std::string_view text);
  static Value loose_of(std::string_view text);
  static Value strict_of(std::string_view text);
  static Value raising() { return {.kind = Kind::raises}; }

  bool is(Kind other_kind) const { return kind == other_kind; }
  bool is_unknown() const { return kind == Kind::unknown || kind == Kind::raises; }
};

/// True for what the names of the checked packages decide, and what is made of it.
bool is_of_names(const Value& value);

/// The names that iteration of the value yields, of kind directory, signature or fields: only the wheel says
/// which. nullopt for other values.
std::optional<Value> listing_of(const Value& value);

/// True for what says something of the checked packages: one of their names, a version, a requirement such as
/// "torch>=2.6", also in a list, and what is unknown about them. A list of bare names asks whether they are
/// installed, which the checked ones are.
bool is_about(const Value& value, const Roots& roots);

/// What is unknown about either value.
Truth unknown_of(const Value& a, const Value& b);

/// `a op b` for <, <=, ==, !=, >, >=, is, is not, in and not in. An exception is an open answer: code that
/// fails in its own test is not what a check is about.
Truth compare(std::string_view op, const Value& a, const Value& b);

/// `bool(value)`
Truth truth_of(const Value& value);

/// `value.name` of texts, versions and the like; raises if it has none.
Value attribute_of(const Value& value, const std::string& name);

/// `value.name(arguments…)` of a text.
Value call_text(const Value& value, const std::string& name, const std::vector<Value>& arguments);

/// `value[index]`
Value item_of(const Value& value, const Value& index);
/// `value[first:last]`
Value slice_of(const Value& value, const Value& first, const Value& last);

/// `str(value)`, `int(value)`, `float(value)`; raise for other texts.
Value to_text(const Value& value);
Value to_number(const Value& value);
Value to_real(const Value& value);

/// The elements that iteration yields; nullopt if unknown.
std::optional<std::vector<Value>> elements_of(const Value& value);

}  // namespace launch::pysource
