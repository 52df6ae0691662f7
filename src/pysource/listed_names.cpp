#include "pysource/listed_names.hpp"

#include <algorithm>
#include <map>
#include <span>

#include "pysource/string_values.hpp"

namespace launch::pysource {
namespace {

/// Of a module, in which its functions are looked for.
constexpr std::size_t kMostStatements = 2000;

using Lists = std::optional<std::vector<ListedNames>>;

/// A predicate of inspect.getmembers.
struct Predicate {
  TokenRange condition;
  std::string_view parameter;
};

/// The body of a function that consists of functions and, at its end, one `return`.
struct Returning {
  TokenRange value;
  std::vector<const Clause*> functions;
};

std::optional<Returning> returning(const SourceTree& tree, const Clause& function) {
  Returning result;
  for (const auto& each : function.body) {
    if (!result.value.empty()) return std::nullopt;
    if (each.kind == StatementKind::function) {
      result.functions.push_back(&each.clauses.front());
    } else if (each.kind == StatementKind::simple && tree.is(each.tokens.first, "return")) {
      result.value = {each.tokens.first + 1, each.tokens.last};
    } else {
      return std::nullopt;
    }
  }
  if (result.value.empty()) return std::nullopt;
  return result;
}

class ListReader {
 public:
  explicit ListReader(const SourceTree& tree) : tree_(tree) {}

  Lists of(TokenRange range) {
    range = without_brackets(tree_, range);
    if (range.empty()) return std::nullopt;
    if (tree_.is(range.first, "[") && behind_bracket(tree_, range.first, range.last) == range.last)
      return comprehension({range.first + 1, range.last - 1});
    std::uint32_t end = 0;
    const auto callee = dotted_name(tree_, range, &end);
    if (callee.empty() || end >= range.last || !tree_.is(end, "(") ||
        behind_bracket(tree_, end, range.last) != range.last)
      return std::nullopt;
    return call(callee, split_range(tree_, {end + 1, range.last - 1}, ","));
  }

 private:
  /// `n for n in LIST if CONDITION`
  Lists comprehension(TokenRange range) {
    const auto parts = split_range(tree_, range, "for");
    if (parts.size() != 2 || parts[0].last - parts[0].first != 1) return std::nullopt;
    const auto name = tree_.text(parts[0].first);
    const auto target = parts[1].first;
    if (parts[1].last - target < 3 || !tree_.is(target, name) || !tree_.is(target + 1, "in"))
      return std::nullopt;
    const auto sides = split_range(tree_, {target + 2, parts[1].last}, "if");
    auto lists = of(sides.front());
    for (std::size_t i = 1; lists && i < sides.size(); ++i) {
      if (!keep(sides[i], {name}, *lists)) return std::nullopt;
    }
    return lists;
  }

  Lists call(const std::string& callee, const std::vector<TokenRange>& arguments) {
    if (callee == "dir" && arguments.size() == 1) return of_object(arguments.front());
    if (callee == "inspect.getmembers" || callee == "getmembers") return members(arguments);
    if (callee == "itertools.chain" || callee == "chain") {
      std::vector<ListedNames> all;
      for (const auto argument : arguments) {
        const auto more = of(argument);
        if (!more) return std::nullopt;
        all.insert(all.end(), more->begin(), more->end());
      }
      return all;
    }
    return of_function(callee, arguments);
  }

  Lists of_object(TokenRange argument) const {
    std::uint32_t end = 0;
    auto name = dotted_name(tree_, argument, &end);
    if (name.empty() || end != argument.last) return std::nullopt;
    const auto given = given_.find(name);
    return std::vector<ListedNames>{{given == given_.end() ? name : given->second}};
  }

  Lists members(const std::vector<TokenRange>& arguments) {
    if (arguments.empty() || arguments.size() > 2) return std::nullopt;
    auto lists = of_object(arguments.front());
    if (!lists || arguments.size() == 1) return lists;
    if (is_function_test(arguments[1])) {
      for (auto& list : *lists) list.functions = true;
      return lists;
    }
    const auto test = predicate(arguments[1]);
    if (!test || !keep(test->condition, {test->parameter, ".", "__name__"}, *lists)) return std::nullopt;
    return lists;
  }

  std::optional<Predicate> predicate(TokenRange name) const {
    if (name.last - name.first != 1) return std::nullopt;
    for (const auto* function : functions_) {
      const auto parameters = parameter_names(tree_, function->head);
      const auto body = returning(tree_, *function);
      if (tree_.is(function->head.first, tree_.text(name.first)) && body && parameters.size() == 1)
        return Predicate{body->value, tree_.text(parameters.front())};
    }
    return std::nullopt;
  }

  /// A function of the module. Those that it calls are not followed.
  Lists of_function(const std::string& callee, const std::vector<TokenRange>& arguments) {
    if (inside_) return std::nullopt;
    const auto& statements = tree_.body();
    for (const auto& each : std::span(statements).first(std::min(statements.size(), kMostStatements))) {
      if (each.kind != StatementKind::function) continue;
      const auto& function = each.clauses.front();
      if (function.head.empty() || !tree_.is(function.head.first, callee)) continue;
      const auto parameters = parameter_names(tree_, function.head);
      const auto body = returning(tree_, function);
      const auto object = arguments.size() == 1 ? of_object(arguments.front()) : std::nullopt;
      if (!body || !object || parameters.size() != 1) return std::nullopt;
      inside_ = true;
      given_ = {{std::string(tree_.text(parameters.front())), object->front().object}};
      functions_ = body->functions;
      auto lists = of(body->value);
      given_.clear();
      functions_.clear();
      inside_ = false;
      return lists;
    }
    return std::nullopt;
  }

  bool is_function_test(TokenRange name) const {
    const auto dotted = dotted_name(tree_, name);
    return dotted == "inspect.isfunction" || dotted == "isfunction";
  }

  /// Applies a condition on each name, which is spelled like that; false if it is not understood.
  bool keep(TokenRange condition, const std::vector<std::string_view>& name,
            std::vector<ListedNames>& lists) {
    for (const auto part : split_range(tree_, without_brackets(tree_, condition), "and")) {
      ListedNames rule;
      if (!read(part, name, rule)) return false;
      for (auto& list : lists) {
        list.starts.insert(list.starts.end(), rule.starts.begin(), rule.starts.end());
        list.without.insert(list.without.end(), rule.without.begin(), rule.without.end());
        list.functions = list.functions || rule.functions;
      }
    }
    return true;
  }

  bool is_spelled(TokenRange range, const std::vector<std::string_view>& name) const {
    if (range.last - range.first < name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (!tree_.is(range.first + static_cast<std::uint32_t>(i), name[i])) return false;
    }
    return true;
  }

  /// `not n.startswith("_")`, `n != "x"`, `n not in ["x"]`, or isfunction of what has the name.
  bool read(TokenRange test, const std::vector<std::string_view>& name, ListedNames& rule) const {
    test = without_brackets(tree_, test);
    const auto size = static_cast<std::uint32_t>(name.size());
    const bool negated = !test.empty() && tree_.is(test.first, "not");
    if (negated) ++test.first;
    if (is_spelled(test, name)) {
      const TokenRange rest{test.first + size, test.last};
      if (negated)
        return rest.last - rest.first == 5 && tree_.is(rest.first + 1, "startswith") &&
               texts({rest.first + 3, rest.last - 1}, rule.starts);
      if (tree_.is(rest.first, "!=")) return texts({rest.first + 1, rest.last}, rule.without);
      const bool excludes =
          rest.last - rest.first > 2 && tree_.is(rest.first, "not") && tree_.is(rest.first + 1, "in");
      return excludes && texts({rest.first + 2, rest.last}, rule.without);
    }
    std::uint32_t end = 0;
    dotted_name(tree_, test, &end);
    rule.functions =
        !negated && is_function_test(test) && test.last - end == 3 && tree_.is(end + 1, name.front());
    return rule.functions;
  }

  /// A string, or a literal list of strings.
  bool texts(TokenRange range, std::vector<std::string>& out) const {
    range = without_brackets(tree_, range);
    const bool list = range.last - range.first > 2 &&
                      (tree_.is(range.first, "[") || tree_.is(range.first, "{")) &&
                      behind_bracket(tree_, range.first, range.last) == range.last;
    if (list) range = {range.first + 1, range.last - 1};
    for (const auto each : split_range(tree_, range, ",")) {
      if (each.empty()) continue;
      const bool one = each.last - each.first == 1 && tree_.token(each.first).kind == TokenKind::string;
      auto text = one ? plain_string(tree_.text(each.first)) : std::nullopt;
      if (!text) return false;
      out.push_back(*std::move(text));
    }
    return true;
  }

  const SourceTree& tree_;
  std::map<std::string, std::string, std::less<>> given_;  ///< objects, by the parameters of the function
  std::vector<const Clause*> functions_;                   ///< in the function
  bool inside_ = false;                                    ///< a function
};

}  // namespace

bool ListedNames::keeps(std::string_view name) const {
  return std::none_of(starts.begin(), starts.end(),
                      [&](const auto& start) { return name.starts_with(start); }) &&
         std::find(without.begin(), without.end(), name) == without.end();
}

std::optional<std::vector<ListedNames>> listed_names(const SourceTree& tree, TokenRange expression) {
  return ListReader(tree).of(expression);
}

}  // namespace launch::pysource
