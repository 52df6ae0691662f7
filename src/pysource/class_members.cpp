#include "pysource/class_members.hpp"

#include <algorithm>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/string_values.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {
namespace {

class ClassReader {
 public:
  explicit ClassReader(const SourceTree& tree) : tree_(tree) {}

  ClassBody run(const Clause& clause) {
    head(clause.head);
    block(clause.body);
    return std::move(body_);
  }

 private:
  void head(TokenRange head) {
    for (const auto part : split_range(tree_, parenthesized(tree_, head), ",")) {
      if (part.empty()) continue;
      if (part.last - part.first > 2 && tree_.is(part.first + 1, "=")) {
        if (tree_.is(part.first, "metaclass")) body_.metaclass = {part.first + 2, part.last};
      } else {
        body_.bases.push_back(part);
      }
    }
  }

  void add(std::uint32_t token, Definition definition) {
    definition.line = tree_.line(token);
    body_.members[std::string(tree_.text(token))].push_back(std::move(definition));
  }

  void block(const std::vector<Statement>& statements) {
    each_decorated(tree_, statements, [&](const Statement& each, std::vector<TokenRange> decorators) {
      statement(each, std::move(decorators));
    });
  }

  void statement(const Statement& statement, std::vector<TokenRange> decorators) {
    switch (statement.kind) {
      case StatementKind::function:
      case StatementKind::klass: {
        const auto& clause = statement.clauses.front();
        if (clause.head.empty() || !tree_.is_name(clause.head.first)) return;
        const bool function = statement.kind == StatementKind::function;
        of_class_ = std::any_of(decorators.begin(), decorators.end(), [&](TokenRange decorator) {
          return dotted_name(tree_, decorator) == "classmethod";
        });
        add(clause.head.first, {function ? Definition::Kind::function : Definition::Kind::klass,
                                &clause,
                                std::move(decorators),
                                {},
                                {},
                                0});
        if (function) method(clause);
        return;
      }
      case StatementKind::simple:
        return simple(statement.tokens);
      case StatementKind::branch:
        for (const auto& clause : statement.clauses) {
          const auto run = clause.keyword == "else" ? BranchRun::always : branch_run(tree_, clause.head);
          if (run != BranchRun::never) block(clause.body);
          if (run == BranchRun::always) return;
        }
        return;
      case StatementKind::loop:
        loop_target(statement.clauses.front());
        [[fallthrough]];
      default:
        for (const auto& clause : statement.clauses) block(clause.body);
    }
  }

  void loop_target(const Clause& clause) {
    for (const auto token : target_names(tree_, split_range(tree_, clause.head, "in").front()))
      add(token, {});
  }

  void simple(TokenRange range) {
    for (const auto& import : imported_names(tree_, range)) {
      const auto& bound = !import.alias.empty() ? import.alias : import.from ? import.name : import.module;
      body_.members[bound.substr(0, bound.find('.'))].push_back({});
    }
    const auto parts = assignment(tree_, range);
    Definition definition;
    definition.value = parts.value;
    definition.annotation = parts.annotation;
    for (const auto& target : parts.targets) {
      const auto names = target_names(tree_, target);
      const bool single = names.size() == 1 && target.last - target.first == 1;
      for (const auto token : names) {
        if (!parts.annotation.empty()) field(tree_.text(token), parts.annotation);
        if (parts.annotated_only) {
          body_.instance.insert(std::string(tree_.text(token)));
        } else {
          add(token, single ? definition : Definition{});
        }
      }
      if (single && tree_.is(target.first, "__slots__")) slots(parts.value);
    }
    if (tree_.is(range.first, "del")) {
      for (const auto token : target_names(tree_, {range.first + 1, range.last}))
        body_.members.erase(std::string(tree_.text(token)));
    }
    for (auto i = range.first; i + 1 < range.last; ++i) {
      const bool writes = tree_.is(i, "vars") || tree_.is(i, "locals") || tree_.is(i, "exec");
      if (writes && tree_.is(i + 1, "(")) body_.computed = true;
    }
  }

  void field(std::string_view name, TokenRange annotation) {
    body_.fields.emplace_back(name);
    for (auto i = annotation.first; i < annotation.last; ++i) {
      const auto mentions = [&](std::string_view word) {  // as a name, or in an annotation that is a string
        return tree_.text(i).find(word) != std::string_view::npos;
      };
      if (mentions("ClassVar") || mentions("KW_ONLY")) body_.class_variables.emplace(name);
      if (mentions("InitVar")) body_.init_only.emplace(name);
    }
  }

  void slots(TokenRange value) {
    for (auto i = value.first; i < value.last; ++i) {
      if (tree_.token(i).kind != TokenKind::string) continue;
      if (const auto text = plain_string(tree_.text(i))) body_.members[*text].push_back({});
    }
  }

  /// `self.x = …` in a method, whatever its first parameter is called.
  void method(const Clause& clause) {
    const auto open = clause.head.first + 1;
    if (open + 1 >= clause.head.last || !tree_.is(open, "(") || !tree_.is_name(open + 1)) return;
    self_ = tree_.text(open + 1);
    inside(clause.body);
  }

  void inside(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
      if (statement.kind == StatementKind::simple) {
        stores(statement.tokens);
      } else {
        for (const auto& clause : statement.clauses) {
          stores(clause.head);
          inside(clause.body);
        }
      }
    }
  }

  /// self.NAME with "=", ":", "," or the like behind it; `setattr(self, …)` can be any name.
  void stores(TokenRange range) {
    for (auto i = range.first; i + 2 < range.last; ++i) {
      if (!tree_.is(i, self_) || !tree_.is_name(i)) continue;
      if (tree_.is(i + 1, ".") && tree_.is_name(i + 2)) {
        const bool ends = i + 3 >= range.last || tree_.is(i + 3, "=") || tree_.is(i + 3, ":") ||
                          tree_.is(i + 3, ",") || tree_.is(i + 3, ")");
        if (ends && (i == range.first || !tree_.is(i - 1, "."))) {
          (of_class_ ? body_.by_methods : body_.instance).insert(std::string(tree_.text(i + 2)));
        }
      }
    }
    for (auto i = range.first; i + 3 < range.last; ++i) {
      const bool sets = tree_.is(i, "setattr") && tree_.is(i + 1, "(") && tree_.is(i + 2, self_);
      const bool updates = tree_.is(i, self_) && tree_.is(i + 1, ".") && tree_.is(i + 2, "__dict__");
      if (sets || updates) (of_class_ ? body_.computed : body_.computed_instance) = true;
    }
  }

  const SourceTree& tree_;
  ClassBody body_;
  std::string_view self_;
  bool of_class_ = false;  ///< the method is a class method
};

}  // namespace

ClassBody read_class(const SourceTree& tree, const Clause& clause) {
  return ClassReader(tree).run(clause);
}

}  // namespace launch::pysource
