#include "pysource/python_scanner.hpp"

#include <algorithm>

#include "pysource/attribute_uses.hpp"
#include "pysource/conditions.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {
namespace {

/// The context of a statement.
struct Place {
  bool type = false;
  bool on_path = false;
  bool guarded = false;  ///< an error here is caught and the code goes on
  bool asked = false;    ///< below a test for the version or feature
  std::vector<Choice> choices = {};
};

/// True if the comment is `launch: optional`.
bool marks_optional(std::string_view comment) {
  constexpr std::string_view kMark = "launch:";
  const auto at = comment.find(kMark);
  if (at == std::string_view::npos) return false;
  comment.remove_prefix(at + kMark.size());
  comment.remove_prefix(std::min(comment.find_first_not_of(" \t"), comment.size()));
  return comment.starts_with("optional");
}

class SourceScanner {
 public:
  SourceScanner(const SourceTree& tree, const std::set<std::string, std::less<>>& roots)
      : tree_(tree), roots_(roots), attributes_(attribute_uses(tree, roots)) {
    scan_.groups = attributes_.groups;
    for (const auto& comment : tree.list().comments) {
      if (!marks_optional(tree.list().source.substr(comment.offset, comment.length))) continue;
      marked_.insert(comment.line);
      if (comment.alone) marked_alone_.insert(comment.line);
    }
  }

  FileScan run() {
    block(tree_.body(), {});
    scan_.problem = tree_.list().problem;
    return std::move(scan_);
  }

 private:
  bool wanted(std::string_view module) const {
    return roots_.empty() || roots_.contains(module.substr(0, module.find('.')));
  }

  void block(const std::vector<Statement>& statements, const Place& place) {
    for (const auto& statement : statements) this->statement(statement, place);
  }

  void statement(const Statement& statement, const Place& place) {
    switch (statement.kind) {
      case StatementKind::simple:
        imports(statement, place);
        return attributes(statement.tokens, place);
      case StatementKind::branch:
        return branch(statement, place);
      case StatementKind::attempt:
        return attempt(statement, place);
      case StatementKind::function: {
        attributes(statement.clauses.front().head, place);
        const Place inside{place.type, true, false, place.asked, {}};
        return blocks(statement, inside);
      }
      case StatementKind::with: {
        auto inside = place;
        const auto& head = statement.clauses.front().head;
        inside.guarded = place.guarded || suppresses_import_error(tree_, head);
        return clauses(statement, inside);
      }
      case StatementKind::loop:
      case StatementKind::match: {
        auto inside = place;
        inside.on_path = true;
        attributes(statement.tokens, place);
        return clauses(statement, inside);
      }
      case StatementKind::klass:
      case StatementKind::other:
        return clauses(statement, place);
    }
  }

  void clauses(const Statement& statement, const Place& place) {
    for (const auto& clause : statement.clauses) {
      attributes(clause.head, place);
      block(clause.body, place);
    }
  }
  void blocks(const Statement& statement, const Place& place) {
    for (const auto& clause : statement.clauses) block(clause.body, place);
  }

  void branch(const Statement& statement, const Place& place) {
    auto rest = place;  // for the branches that follow
    for (const auto& clause : statement.clauses) {
      attributes(clause.head, rest);
      auto inside = rest;
      const auto run = clause.keyword == "else" ? BranchRun::always : branch_run(tree_, clause.head);
      if (run == BranchRun::never) {
        inside.type = true;
      } else if (run == BranchRun::always) {
        rest.type = true;
      } else {
        inside.on_path = rest.on_path = true;
        inside.asked = rest.asked = rest.asked || asks_for_feature(tree_, clause.head);
      }
      block(clause.body, inside);
    }
  }

  void attempt(const Statement& statement, const Place& place) {
    const auto& clauses = statement.clauses;
    const auto handler = std::find_if(clauses.begin(), clauses.end(), [&](const Clause& clause) {
      return clause.keyword == "except" && takes_import_error(tree_, clause.head);
    });
    const bool goes_on = handler != clauses.end() && !gives_up(tree_, handler->body);
    const bool tries = brings(clauses.front().body, false);
    const bool offers = goes_on && brings(handler->body, false);

    auto tried = place;
    auto handled = place;
    handled.on_path = true;
    if (goes_on && tries && offers) {
      const auto group = scan_.groups++;
      tried.choices.push_back({group, 0});
      handled = place;
      handled.choices.push_back({group, 1});
    } else if (goes_on && tries) {
      tried.guarded = true;
    } else if (offers && brings(clauses.front().body, true)) {
      handled.guarded = true;
    }
    auto other = place;
    other.on_path = true;
    for (auto clause = clauses.begin(); clause != clauses.end(); ++clause) {
      attributes(clause->head, other);
      if (clause->keyword == "try" || clause->keyword == "else") {
        block(clause->body, tried);
      } else if (clause->keyword == "finally") {
        block(clause->body, place);
      } else {
        block(clause->body, clause == handler ? handled : other);
      }
    }
  }

  /// True if the block itself imports a requested name, or anything at all.
  bool brings(const std::vector<Statement>& block, bool anything) const {
    return std::any_of(block.begin(), block.end(), [&](const Statement& statement) {
      if (statement.kind == StatementKind::function) return false;
      const auto names = imported_names(tree_, statement.tokens);
      if (std::any_of(names.begin(), names.end(), [&](const ImportedName& name) {
            return anything || (name.level == 0 && wanted(name.module));
          })) {
        return true;
      }
      return std::any_of(statement.clauses.begin(), statement.clauses.end(),
                         [&](const Clause& clause) { return brings(clause.body, anything); });
    });
  }

  void imports(const Statement& statement, const Place& place) {
    for (auto& name : imported_names(tree_, statement.tokens)) {
      if (name.level != 0 || !wanted(name.module)) continue;
      add({std::move(name.module), std::move(name.name)}, name.token, statement.tokens, place, {});
    }
  }

  /// Uses by attribute in a statement or in the head of a clause.
  void attributes(TokenRange range, const Place& place) {
    auto& uses = attributes_.uses;
    auto use =
        std::lower_bound(uses.begin(), uses.end(), range.first,
                         [](const AttributeUse& each, std::uint32_t token) { return each.token < token; });
    for (; use != uses.end() && use->token < range.last; ++use) {
      auto here = place;
      here.guarded = place.guarded || use->optional;
      here.type = place.type || use->type;
      add(std::move(use->requirement), use->token, range, here, use->choices);
    }
  }

  void add(Requirement requirement, std::uint32_t at, TokenRange statement, const Place& place,
           const std::vector<Choice>& more) {
    const auto& token = tree_.token(at);
    const auto first_line = tree_.token(statement.first).line;
    const bool marked = marked_.contains(token.line) || marked_.contains(first_line) ||
                        marked_alone_.contains(first_line - 1);
    auto need = place.on_path ? Need::path : Need::must;
    if (place.guarded || place.asked || marked) need = Need::optional;
    if (place.type) need = Need::type;
    auto choices = marked ? std::vector<Choice>{} : place.choices;
    if (!marked) choices.insert(choices.end(), more.begin(), more.end());
    scan_.uses.push_back({std::move(requirement), need, token.line, token.column, std::move(choices)});
  }

  const SourceTree& tree_;
  const std::set<std::string, std::less<>>& roots_;
  AttributeUses attributes_;
  std::set<std::uint32_t> marked_;
  std::set<std::uint32_t> marked_alone_;
  FileScan scan_;
};

}  // namespace

std::string_view need_name(Need need) {
  switch (need) {
    case Need::must:
      return "must";
    case Need::path:
      return "path";
    case Need::optional:
      return "optional";
    case Need::type:
      return "type";
  }
  return "must";
}

std::string_view tier_name(Tier tier) {
  switch (tier) {
    case Tier::import:
      return "import";
    case Tier::attribute:
      return "attribute";
    case Tier::keyword:
      return "keyword";
  }
  return "import";
}

std::string Requirement::text() const {
  auto text = module + ":" + name;
  if (tier == Tier::keyword) text += "(" + keyword + "=)";
  return text;
}

FileScan scan_source(std::string source, const std::set<std::string, std::less<>>& roots) {
  const SourceTree tree(std::move(source));
  return SourceScanner(tree, roots).run();
}

}  // namespace launch::pysource
