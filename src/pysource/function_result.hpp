#pragma once

#include <set>
#include <string>
#include <vector>

#include "pysource/module_names.hpp"

namespace launch::pysource {

/// What a function returns, as far as it returns what it defines itself, its first parameter, a partial
/// object, or what a call results in.
struct FunctionResult {
  std::vector<Definition> definitions;  ///< functions and classes in its body
  std::vector<Definition> defaults;     ///< the same where its first parameter is None
  bool parameter = false;               ///< its first parameter itself, on some path
  std::vector<TokenRange> applied;      ///< to the parameter before: `f`, for `x = f(x)` and `return f(x)`
  std::vector<Definition> inner;        ///< the same of functions in its body
  std::set<std::string, std::less<>> attributes;  ///< that it gives to each of the functions of `definitions`
  std::vector<TokenRange> partials;               ///< `functools.partial(f, …)`, with an f of the module
  std::vector<TokenRange> calls;                  ///< other calls, `f(…)`, with an f of the module
  bool other = false;                             ///< anything else, on some path

  /// True if it depends on what it is given first.
  bool uses_parameter() const { return parameter || !applied.empty() || !inner.empty(); }
  /// True if it is not only one of the definitions.
  bool is_more() const { return other || uses_parameter() || !partials.empty() || !calls.empty(); }
};

/// By the `return` statements of a function's body; one that has none returns something else.
FunctionResult read_result(const SourceTree& tree, const Clause& function);

}  // namespace launch::pysource
