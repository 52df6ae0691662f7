#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pysource/condition.hpp"
#include "pysource/gate_value.hpp"
#include "pysource/gate_words.hpp"
#include "pysource/symbol_table.hpp"

namespace launch::pysource {

/// What is known of the environment in which the code would run.
struct GateFacts {
  /// The modules that are checked: what is unknown about them is open; what is unknown about others depends
  /// on the environment.
  Roots roots = {};
  /// Of distributions, by normalized name, as importlib.metadata has them: "2.6.0".
  std::map<std::string, std::string, std::less<>> versions = {};
  /// What `MODULE.__version__` says, if that is something else: "2.6.0+cu124".
  std::map<std::string, std::string, std::less<>> module_versions = {};
  std::map<Requirement, Verdict> answers = {};
};

/// Evaluates tests as Python would in that environment. Not for use by several threads.
class GateEvaluator {
 public:
  /// The names that tests ask for and `facts` has no answer for are added to `questions`, if it is not null;
  /// with neither versions nor answers these are all that any version could lead to.
  GateEvaluator(const SymbolTable& symbols, const GateFacts& facts,
                std::set<Requirement>* questions = nullptr)
      : symbols_(symbols), facts_(facts), questions_(questions) {}

  /// Whether a test in that file is true.
  Truth truth(const Condition& test, std::uint32_t file);
  /// Whether a gate lets the code run.
  Truth passes(const Gate& gate, std::uint32_t file);

 private:
  struct Local {
    const std::string* name;
    const Value* value;
  };
  struct Frame {
    std::uint32_t file = 0;
    std::vector<Local> locals = {};
  };
  /// The positional and named arguments of a call.
  struct Arguments {
    std::vector<Value> values;
    const std::vector<std::string>* names;  ///< of the last values
    const Value* named(std::string_view name) const;
    const Value* at(std::size_t index) const;  ///< a positional one
    std::size_t positional() const { return values.size() - names->size(); }
    Truth unknown(const Roots& roots) const;  ///< of what they are, if the call is not understood
  };

  Value value(const Expression& expression, const Frame& frame);
  Value computed(const Expression& expression, const Frame& frame);
  Truth truth(const Expression& expression, const Frame& frame);
  Truth completes(const Expression& expression, const Frame& frame);
  Value name(const std::string& name, std::uint32_t file);
  Value external(const Expression& expression, std::uint32_t file);
  Value member(std::uint32_t file, const std::string& name);
  Value attribute(const Value& object, const std::string& name);
  Value attribute_of_object(const Value& object, const std::string& name);
  Value compared(const std::string& op, const Value& a, const Value& b);
  Value conditional(const Expression& expression, const Frame& frame);
  Value subscripted(const Expression& expression, const Frame& frame);
  Value comprehension(const Expression& expression, const Frame& frame);
  std::optional<Value> chosen_names(const Expression& expression, const Value& iterable, const Frame& frame);
  std::optional<Value> match_of(const Expression& test, const Value& names, const Frame& frame,
                                const std::function<bool(const Expression&)>& is_name);
  Value arithmetic(const std::string& op, const Value& a, const Value& b);

  Value call(const Expression& expression, const Frame& frame);
  Value call_function(const Value& function, const Arguments& arguments);
  Truth function_truth(const Value& function, const Arguments& arguments, bool completes);
  std::optional<Frame> bind(const Value& function, const Arguments& arguments, std::vector<Value>& storage);
  Value call_object(const Value& object, const Arguments& arguments);
  Value call_builtin(const std::string& name, const Arguments& arguments, bool& known);
  std::optional<Value> call_of_tests(const std::string& path, const Arguments& arguments);
  Value call_library(const std::string& path, const Arguments& arguments, bool& known);
  std::optional<Value> call_by_name(const std::string& name, const Arguments& arguments);
  Value get_attribute(const Arguments& arguments);
  std::optional<Value> call_of_names(const Value& object, const std::string& method,
                                     const Arguments& arguments);
  static std::optional<Value> call_on_names(const std::string& function, const Value& names);
  Value find_spec(const Value& module);
  Value mapped(const Arguments& arguments);

  /// The answer for a name of an asked package.
  Truth has(Requirement requirement);
  /// Whether a listing has the name.
  Truth lists(const Value& listing, const std::string& name);
  bool is_asked(std::string_view module) const;
  Truth unknown_about(std::string_view module) const;
  Value module_version(const std::string& module);
  Value distribution_version(const std::string& distribution);
  Truth compare_distribution(const std::string& distribution, const std::string& op,
                             const std::string& version);
  Truth satisfies(const std::string& requirement);
  /// What a name says by itself if nothing else is known about it.
  std::optional<Truth> named_truth(const std::string& name);
  /// named_comparison, remembered.
  const std::optional<NamedComparison>& comparison_in(const std::string& name);

  const SymbolTable& symbols_;
  const GateFacts& facts_;
  std::set<Requirement>* questions_;
  /// Answers so far; many uses share one test.
  std::map<std::pair<Condition, std::uint32_t>, Truth> truths_;
  std::unordered_map<std::string, std::optional<NamedComparison>> comparisons_ = {};  ///< in names
  std::map<std::pair<std::uint32_t, std::string>, Value> known_;
  std::vector<std::pair<std::uint32_t, std::string>> open_names_;
  int depth_ = 0;
  int steps_ = 0;
};

}  // namespace launch::pysource
