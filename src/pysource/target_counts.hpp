#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// How often the code of a file binds its names. Where that is not certain, a binding more is counted.
class TargetCounts {
 public:
  explicit TargetCounts(const SourceTree& tree);
  /// Bindings in the body of any class, stores to an attribute of anything, and setattr with that name.
  unsigned of_member(std::string_view name) const;
  /// Bindings in the module, by `global` too.
  unsigned of_module(std::string_view name) const;
  /// True if the tokens bind the name in any scope, or store to an attribute of that name.
  bool binds(std::string_view name, TokenRange range);

 private:
  enum class Scope : std::uint8_t { module, klass, function };
  using Counts = std::map<std::string, unsigned, std::less<>>;
  void block(const std::vector<Statement>& statements, Scope scope);
  void simple(TokenRange range, Scope scope);
  void head(const Clause& clause, Scope scope);
  void inside(TokenRange range, Scope scope);
  void targets(TokenRange range, Scope scope);
  void targets_after_as(TokenRange range, Scope scope);
  void strings(std::uint32_t open, std::uint32_t last);
  void add(std::string_view name, Scope scope, std::uint32_t token);

  const SourceTree& tree_;
  Counts members_;
  Counts module_;
  std::vector<std::pair<std::string, std::uint32_t>> places_;  ///< of all bindings: name and token
  bool is_sorted_ = false;                                     ///< places_
};

}  // namespace launch::pysource
