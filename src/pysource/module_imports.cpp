#include "pysource/module_imports.hpp"

#include <algorithm>

#include "pysource/conditions.hpp"

namespace launch::pysource {
namespace {

class Collector {
 public:
  explicit Collector(const ModuleNames& module) : module_(module), tree_(*module.tree) {}

  std::vector<ModuleImport> run() {
    block(tree_.body());
    return std::move(imports_);
  }

 private:
  void block(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) this->statement(statement);
  }

  void statement(const Statement& statement) {
    const auto& clauses = statement.clauses;
    switch (statement.kind) {
      case StatementKind::simple:
        return simple(statement.tokens);
      case StatementKind::klass:
        return block(clauses.front().body);
      case StatementKind::with:
        if (!suppresses_import_error(tree_, clauses.front().head)) block(clauses.front().body);
        return;
      case StatementKind::branch:
        if (branch_run(tree_, clauses.front().head) == BranchRun::always) block(clauses.front().body);
        return;
      case StatementKind::attempt:
        return attempt(clauses);
      case StatementKind::loop:
      case StatementKind::function:
      case StatementKind::match:
      case StatementKind::other:
        return;
    }
  }

  void attempt(const std::vector<Clause>& clauses) {
    const bool caught = std::any_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
      return clause.keyword == "except" && takes_import_error(tree_, clause.head);
    });
    for (const auto& clause : clauses) {
      const bool runs = clause.keyword == "finally" || (!caught && clause.keyword == "try");
      if (runs) block(clause.body);
    }
  }

  void simple(TokenRange tokens) {
    for (auto& name : imported_names(tree_, tokens)) {
      auto module = absolute_module(module_.module, module_.is_package, name.level, name.module);
      imports_.push_back({std::move(module), std::move(name.name), tree_.line(name.token)});
    }
  }

  const ModuleNames& module_;
  const SourceTree& tree_;
  std::vector<ModuleImport> imports_;
};

}  // namespace

std::vector<ModuleImport> unconditional_imports(const ModuleNames& module) {
  return Collector(module).run();
}

}  // namespace launch::pysource
