#include "pysource/function_result.hpp"

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

class ResultReader {
 public:
  ResultReader(const SourceTree& tree, const Clause& function) : tree_(tree) {
    const auto parameters = parameter_names(tree, function.head);
    if (!parameters.empty()) parameter_ = tree.text(parameters.front());
    block(function.body);
  }

  FunctionResult run() {
    for (const auto name : returned_) {
      const auto found = defined_.find(name);
      if (bound_.contains(name) || (found == defined_.end() && name != parameter_)) {
        result_.other = true;
      } else if (found == defined_.end()) {
        result_.parameter = true;
      } else {
        for (auto& definition : found->second) result_.definitions.push_back(std::move(definition));
        found->second.clear();
      }
    }
    result_.other = result_.other || returned_.empty();
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
           tree_.token(clause.head.first).line});
      return;
    }
    if (!statement.tokens.empty()) simple(statement.tokens);
    for (const auto& clause : statement.clauses) block(clause.body);
  }

  void simple(TokenRange range) {
    if (tree_.is(range.first, "return")) {
      const auto value = without_brackets(tree_, {range.first + 1, range.last});
      if (value.last - value.first == 1 && tree_.is_name(value.first)) {
        returned_.insert(tree_.text(value.first));
      } else {
        result_.other = true;
      }
    }
    for (const auto& target : assignment(tree_, range).targets) {
      for (const auto token : target_names(tree_, target)) bound_.insert(tree_.text(token));
    }
  }

  const SourceTree& tree_;
  std::string_view parameter_;
  std::map<std::string_view, std::vector<Definition>> defined_;
  std::set<std::string_view> returned_;
  std::set<std::string_view> bound_;  ///< names that are assigned to
  FunctionResult result_;
};

}  // namespace

FunctionResult read_result(const SourceTree& tree, const Clause& function) {
  return ResultReader(tree, function).run();
}

}  // namespace launch::pysource
