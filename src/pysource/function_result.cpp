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
      const auto alias = aliases_.find(name);
      passes_applied_ = passes_applied_ || name == parameter_;
      if (bound_.contains(name) || (alias != aliases_.end() && defined_.contains(name))) {
        result_.other = true;
      } else if (alias == aliases_.end()) {
        add(name);
      } else {
        for (const auto meant : alias->second) add(meant);
      }
    }
    if (returned_.size() == 1 && partials_.empty() && returned_calls_.empty() && result_.calls.empty())
      result_.attributes = std::move(attributes_[*returned_.begin()]);
    for (const auto name : defaults_) add_definitions(name, result_.defaults);
    for (const auto callee : returned_calls_) apply(callee);
    if (passes_applied_ || !returned_calls_.empty()) {
      for (const auto callee : applied_) apply(callee);
    }
    for (const auto& [partial, name] : partials_) {
      result_.partials.push_back(partial);
      result_.other = result_.other || is_local(name);
    }
    for (const auto call : result_.calls) result_.other = result_.other || is_local(tree_.text(call.first));
    result_.other = result_.other || returns_nothing();
    return std::move(result_);
  }

 private:
  void block(const std::vector<Statement>& statements) {
    each_decorated(tree_, statements, [&](const Statement& each, std::vector<TokenRange> decorators) {
      statement(each, std::move(decorators));
    });
  }

  /// The first parameter, or functions of that name in the body.
  void add(std::string_view name) {
    const bool parameter = name == parameter_ && !defined_.contains(name);
    result_.parameter = result_.parameter || parameter;
    if (!parameter && !add_definitions(name, result_.definitions)) result_.other = true;
  }

  /// False if nothing else than a function in the body has the name.
  bool add_definitions(std::string_view name, std::vector<Definition>& out) const {
    const auto found = defined_.find(name);
    if (found == defined_.end() || bound_.contains(name)) return false;
    out.insert(out.end(), found->second.begin(), found->second.end());
    return true;
  }

  bool is_local(std::string_view name) const {
    return bound_.contains(name) || defined_.contains(name) || aliases_.contains(name) ||
           parameters_.contains(name);
  }

  /// What is called with the first parameter.
  void apply(TokenRange callee) {
    const auto name = tree_.text(callee.first);
    if (!is_local(name)) {
      result_.applied.push_back(callee);
    } else if (callee.last - callee.first != 1 || !add_definitions(name, result_.inner)) {
      result_.other = true;
    }
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
    for (const auto& clause : statement.clauses) {
      for (const auto token : targets_of(clause)) bound_.insert(tree_.text(token));
      const bool outer = std::exchange(is_default_, is_default_ || asks_for_default(clause));
      ++depth_;
      block(clause.body);
      --depth_;
      is_default_ = outer;
    }
  }

  /// The names that the head of a block binds.
  std::vector<std::uint32_t> targets_of(const Clause& clause) const {
    if (clause.keyword == "for") return target_names(tree_, split_range(tree_, clause.head, "in").front());
    return clause.keyword == "with" ? with_targets(tree_, clause.head) : std::vector<std::uint32_t>();
  }

  /// `if x is None:` of the first parameter x.
  bool asks_for_default(const Clause& clause) const {
    const auto [first, last] = clause.head;
    return clause.keyword == "if" && last - first == 3 && tree_.is(first, parameter_) &&
           tree_.is(first + 1, "is") && tree_.is(first + 2, "None") && !bound_.contains(parameter_);
  }

  void simple(TokenRange range) {
    for (const auto& name : imported_names(tree_, range)) bound_.insert(bound_text(tree_, name));
    if (tree_.is(range.first, "return")) returned(without_brackets(tree_, {range.first + 1, range.last}));
    const auto parts = assignment(tree_, range);
    const bool simple = parts.targets.size() == 1 && !parts.augmented;
    if (simple &&
        (passes_on(parts.targets.front(), parts.value) || decorates(parts.targets.front(), parts.value)))
      return;
    for (const auto& target : parts.targets) {
      const bool attribute = target.last - target.first == 3 && tree_.is(target.first + 1, ".");
      if (attribute && depth_ == 0 && returns_nothing() && defined_.contains(tree_.text(target.first)))
        attributes_[tree_.text(target.first)].emplace(tree_.text(target.first + 2));
      for (const auto token : target_names(tree_, target)) bound_.insert(tree_.text(token));
    }
  }

  /// Until now.
  bool returns_nothing() const {
    return returned_.empty() && partials_.empty() && returned_calls_.empty() && result_.calls.empty() &&
           !result_.other;
  }

  void returned(TokenRange value) {
    std::uint32_t end = 0;
    const auto dotted = dotted_name(tree_, value, &end);
    std::uint32_t behind = end;
    const bool call = tree_.is(end, "(") && !dotted_name(tree_, {end + 1, value.last}, &behind).empty() &&
                      (tree_.is(behind, ",") || tree_.is(behind, ")"));
    const bool applies = !dotted.empty() && value.last - end == 3 && tree_.is(end, "(") &&
                         tree_.is(end + 1, parameter_) && !bound_.contains(parameter_);
    const bool name = value.last - value.first == 1 && tree_.is_name(value.first);
    if (is_default_) {
      if (name) defaults_.insert(tree_.text(value.first));
    } else if (name) {
      returned_.insert(tree_.text(value.first));
    } else if (call && (dotted == "functools.partial" || dotted == "partial")) {
      partials_.emplace_back(value, tree_.text(end + 1));
    } else if (applies) {
      returned_calls_.push_back({value.first, end});
    } else if (!dotted.empty() && tree_.is(end, "(") &&
               behind_bracket(tree_, end, value.last) == value.last) {
      result_.calls.push_back(value);
    } else {
      result_.other = true;
    }
  }

  /// True for `kept = x` and `x = f(x)` of the first parameter x, and `kept = g` of a function g in the body,
  /// which are noted.
  bool passes_on(TokenRange target, TokenRange value) {
    if (target.last - target.first != 1 || !tree_.is_name(target.first) || bound_.contains(parameter_))
      return false;
    const auto name = tree_.text(target.first);
    const auto other = value.last - value.first == 1 ? tree_.text(value.first) : std::string_view();
    const bool parameter = other == parameter_ && applied_.empty();
    if (name != parameter_ && (parameter || (defined_.contains(other) && !bound_.contains(other)))) {
      aliases_[name].insert(other);
      return true;
    }
    std::uint32_t end = 0;
    const bool call = !dotted_name(tree_, value, &end).empty() && value.last - end == 3 &&
                      tree_.is(end, "(") && tree_.is(end + 1, parameter_);
    if (!call || name != parameter_) return false;
    applied_.push_back({value.first, end});
    return true;
  }

  /// True for `g = f(…)(g)` of a function g that is defined before: f decorates it.
  bool decorates(TokenRange target, TokenRange value) {
    const auto name = tree_.text(target.first);
    const auto found = defined_.find(name);
    if (target.last - target.first != 1 || found == defined_.end() || value.last - value.first < 4)
      return false;
    const TokenRange callee{value.first, value.last - 3};
    std::uint32_t end = 0;
    const auto dotted = dotted_name(tree_, callee, &end);
    const bool whole = end == callee.last || behind_bracket(tree_, end, callee.last) == callee.last;
    if (dotted.empty() || !whole || !tree_.is(callee.last, "(") || !tree_.is(callee.last + 1, name) ||
        is_local(tree_.text(callee.first)))
      return false;
    auto& decorators = found->second.back().decorators;
    decorators.insert(decorators.begin(), callee);
    return true;
  }

  const SourceTree& tree_;
  std::string_view parameter_;  ///< the first one
  std::set<std::string_view> parameters_;
  std::map<std::string_view, std::vector<Definition>> defined_;
  std::set<std::string_view> returned_;
  std::vector<std::pair<TokenRange, std::string_view>> partials_;  ///< and the names of their functions
  std::set<std::string_view> bound_;                               ///< names that are assigned to
  /// Of the first parameter, as it was given, and of functions in the body.
  std::map<std::string_view, std::set<std::string_view>> aliases_;
  std::set<std::string_view> defaults_;     ///< returned where the first parameter is None
  std::vector<TokenRange> applied_;         ///< to the first parameter
  std::vector<TokenRange> returned_calls_;  ///< the same, in a `return`
  /// By the function that gets them, whichever path the code takes.
  std::map<std::string_view, std::set<std::string, std::less<>>> attributes_;
  int depth_ = 0;  ///< of blocks
  bool passes_applied_ = false;
  bool is_default_ = false;  ///< the block runs only where the first parameter is None
  FunctionResult result_;
};

}  // namespace

FunctionResult read_result(const SourceTree& tree, const Clause& function) {
  return ResultReader(tree, function).run();
}

}  // namespace launch::pysource
