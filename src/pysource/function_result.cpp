#include "pysource/function_result.hpp"

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

class ResultReader {
 public:
  ResultReader(const SourceTree& tree, const Clause& function) : tree_(tree) {
    const auto parameters = parameter_names(tree, function.head);
    if (!parameters.empty()) parameter_ = tree.text(parameters.front());
    for (const auto each : parameters) parameters_.insert(tree.text(each));
    block(function.body);
  }

  FunctionResult run() {
    for (const auto name : returned_) {
      const auto found = defined_.find(name);
      const bool alias = aliases_.contains(name);
      if (bound_.contains(name) || (found == defined_.end() && name != parameter_ && !alias)) {
        result_.other = true;
      } else if (found == defined_.end()) {
        result_.parameter = true;
        if (!alias) result_.applied = applied_;
      } else {
        result_.other = result_.other || alias;
        for (auto& definition : found->second) result_.definitions.push_back(std::move(definition));
        found->second.clear();
      }
    }
    for (const auto& [partial, name] : partials_) {
      result_.partials.push_back(partial);
      const bool local = bound_.contains(name) || defined_.contains(name) || aliases_.contains(name) ||
                         parameters_.contains(name);
      result_.other = result_.other || local;
    }
    result_.other = result_.other || (returned_.empty() && partials_.empty());
    return std::move(result_);
  }

 private:
  void block(const std::vector<Statement>& statements) {
    each_decorated(tree_, statements, [&](const Statement& each, std::vector<TokenRange> decorators) {
      statement(each, std::move(decorators));
    });
  }

  void statement(const Statement& statement, std::vector<TokenRange> decorators) {
    const bool function = statement.kind == StatementKind::function;
    if (function || statement.kind == StatementKind::klass) {
      const auto& clause = statement.clauses.front();
      if (clause.head.empty() || !tree_.is_name(clause.head.first)) return;
      defined_[tree_.text(clause.head.first)].push_back(
          {function ? Definition::Kind::function : Definition::Kind::klass,
           &clause,
           std::move(decorators),
           {},
           {},
           tree_.line(clause.head.first)});
      return;
    }
    if (!statement.tokens.empty()) simple(statement.tokens);
    for (const auto& clause : statement.clauses) block(clause.body);
  }

  void simple(TokenRange range) {
    if (tree_.is(range.first, "return")) returned(without_brackets(tree_, {range.first + 1, range.last}));
    const auto parts = assignment(tree_, range);
    if (parts.targets.size() == 1 && !parts.augmented && passes_on(parts.targets.front(), parts.value))
      return;
    for (const auto& target : parts.targets) {
      for (const auto token : target_names(tree_, target)) bound_.insert(tree_.text(token));
    }
  }

  void returned(TokenRange value) {
    std::uint32_t end = 0;
    const auto dotted = dotted_name(tree_, value, &end);
    std::uint32_t behind = end;
    const bool call = tree_.is(end, "(") && !dotted_name(tree_, {end + 1, value.last}, &behind).empty() &&
                      (tree_.is(behind, ",") || tree_.is(behind, ")"));
    if (value.last - value.first == 1 && tree_.is_name(value.first)) {
      returned_.insert(tree_.text(value.first));
    } else if (call && (dotted == "functools.partial" || dotted == "partial")) {
      partials_.emplace_back(value, tree_.text(end + 1));
    } else {
      result_.other = true;
    }
  }

  /// True for `kept = x` and `x = f(x)` of the first parameter x, which are noted.
  bool passes_on(TokenRange target, TokenRange value) {
    if (target.last - target.first != 1 || !tree_.is_name(target.first) || bound_.contains(parameter_))
      return false;
    const auto name = tree_.text(target.first);
    if (value.last - value.first == 1 && tree_.is(value.first, parameter_) && applied_.empty()) {
      aliases_.insert(name);
      return name != parameter_;
    }
    std::uint32_t end = 0;
    const bool call = !dotted_name(tree_, value, &end).empty() && value.last - end == 3 &&
                      tree_.is(end, "(") && tree_.is(end + 1, parameter_);
    if (!call || name != parameter_ || parameters_.contains(tree_.text(value.first))) return false;
    applied_.push_back({value.first, end});
    return true;
  }

  const SourceTree& tree_;
  std::string_view parameter_;  ///< the first one
  std::set<std::string_view> parameters_;
  std::map<std::string_view, std::vector<Definition>> defined_;
  std::set<std::string_view> returned_;
  std::vector<std::pair<TokenRange, std::string_view>> partials_;  ///< and the names of their functions
  std::set<std::string_view> bound_;                               ///< names that are assigned to
  std::set<std::string_view> aliases_;  ///< of the first parameter, as it was given
  std::vector<TokenRange> applied_;     ///< to the first parameter
  FunctionResult result_;
};

}  // namespace

FunctionResult read_result(const SourceTree& tree, const Clause& function) {
  return ResultReader(tree, function).run();
}

}  // namespace launch::pysource
