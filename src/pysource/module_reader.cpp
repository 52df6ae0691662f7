#include "pysource/module_reader.hpp"

#include <algorithm>
#include <utility>

#include "pysource/conditions.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::pysource {
namespace {

bool starts_with(const std::vector<std::uint32_t>& path, const std::vector<std::uint32_t>& start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

}  // namespace

ModuleReader::ModuleReader(const SourceTree& tree, ModuleNames& names)
    : tree_(tree), names_(names), values_(names.module), functions_matter_(affects_module(tree)) {}

void ModuleReader::run() {
  block(tree_.body());
  names_.collections = values_.collections();
  if (names_.has_all) {
    const auto all = values_.collections().find("__all__");
    if (all != values_.collections().end() && !all_unknown_) names_.all = all->second;
  }
}

std::uint32_t ModuleReader::line(std::uint32_t token) const {
  return tree_.line(token);
}

void ModuleReader::bind(const std::string& name, Binding binding) {
  binding.branch = branch_;
  names_.bindings[name].push_back(std::move(binding));
}

void ModuleReader::bind_here(std::uint32_t token, Definition definition) {
  Binding binding;
  binding.line = line(token);
  definition.line = binding.line;
  binding.definition = std::move(definition);
  bind(std::string(tree_.text(token)), std::move(binding));
}

/// What `def` or `class` binds; takes the decorators that precede it.
Definition ModuleReader::definition_of(const Clause& clause, Definition::Kind kind) {
  return {kind, &clause, std::exchange(decorators_, {}), {}, {}, line(clause.head.first)};
}

void ModuleReader::block(const std::vector<Statement>& statements) {
  each_decorated(tree_, statements, [&](const Statement& each, std::vector<TokenRange> decorators) {
    decorators_ = std::move(decorators);
    statement(each);
  });
}

/// A block that may not run.
void ModuleReader::branch_block(const std::vector<Statement>& statements) {
  const auto before = values_;
  branch_.push_back(++branches_);
  block(statements);
  branch_.pop_back();
  values_.merge(before);
}

/// The block of an `except` clause. What it alone binds is there only if an import of the package itself has
/// failed; imports of other packages may well fail.
void ModuleReader::fallback(const Statement& attempt, const Clause& clause) {
  const auto imports_own = [&](const Statement& each) {
    const auto imported = imported_names(tree_, each.tokens);
    return std::any_of(imported.begin(), imported.end(), [&](const ImportedName& name) {
      return name.level > 0 || root_of(name.module) == root_of(names_.module);
    });
  };
  const auto& tried = attempt.clauses.front().body;
  const bool is_own =
      takes_import_error(tree_, clause.head) && std::any_of(tried.begin(), tried.end(), imports_own);
  const auto before = is_own ? names_.bindings : decltype(names_.bindings){};
  branch_block(clause.body);
  if (!is_own) return;
  for (auto& [name, bindings] : names_.bindings) {
    if (before.contains(name)) continue;
    for (auto& binding : bindings) binding.kind = Binding::Kind::uncertain;
  }
}

void ModuleReader::statement(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::simple:
      return simple(statement.tokens);
    case StatementKind::branch:
      return branch(statement);
    case StatementKind::function:
      return function(statement.clauses.front());
    case StatementKind::klass:
      return klass(statement.clauses.front());
    case StatementKind::loop:
      return loop(statement);
    case StatementKind::with:
      for (const auto token : with_targets(tree_, statement.clauses.front().head)) bind_here(token);
      return block(statement.clauses.front().body);
    case StatementKind::attempt:
      for (const auto& clause : statement.clauses) {
        clause.keyword == "except" ? fallback(statement, clause) : block(clause.body);
      }
      return;
    case StatementKind::match:
    case StatementKind::other:
      for (const auto& clause : statement.clauses) branch_block(clause.body);
      return;
  }
}

void ModuleReader::branch(const Statement& statement) {
  for (const auto& clause : statement.clauses) {
    const auto run = clause.keyword == "else" ? BranchRun::always : branch_run(tree_, clause.head);
    if (run == BranchRun::never || fails_on_import(tree_, clause.head)) continue;
    walruses(clause.head);
    if (run == BranchRun::always && clause.keyword == "if") return block(clause.body);
    const auto before = values_;
    narrow(clause.head);
    branch_.push_back(++branches_);
    block(clause.body);
    branch_.pop_back();
    values_.merge(before);
    if (run == BranchRun::always) return;
  }
}

/// In the body of `if name == "text":` the variable has that value.
void ModuleReader::narrow(TokenRange test) {
  if (test.last - test.first != 3 || !tree_.is(test.first + 1, "==")) return;
  if (!tree_.is_name(test.first) || tree_.token(test.first + 2).kind != TokenKind::string) return;
  const auto text = plain_string(tree_.text(test.first + 2));
  const std::string name(tree_.text(test.first));
  if (text && values_.find(name) != nullptr) values_.set(name, {{*text}, {}});
}

void ModuleReader::loop(const Statement& statement) {
  const auto& clause = statement.clauses.front();
  if (clause.keyword == "for") {
    const auto parts = split_range(tree_, clause.head, "in");
    const auto targets = target_names(tree_, parts.front());
    for (const auto token : targets) bind_here(token);
    if (!targets.empty() && parts.size() > 1) {
      const TokenRange iterated{parts[1].first, clause.head.last};
      for (const auto token : targets)
        values_.set(std::string(tree_.text(token)), {{std::string(1, kAnyText)}, {}});
      const auto attribute = targets.size() == 2 ? tree_.text(targets.back()) : std::string_view();
      values_.assign_element(std::string(tree_.text(targets.front())), tree_, iterated, attribute);
    }
  } else {
    walruses(clause.head);
  }
  // Not a branch: `for … in […]: name = …` followed by `del` is common, so loop bodies count as run.
  for (const auto& each : statement.clauses) block(each.body);
}

void ModuleReader::function(const Clause& clause) {
  if (clause.head.empty() || !tree_.is_name(clause.head.first)) return;
  bind_here(clause.head.first, definition_of(clause, Definition::Kind::function));
  if (tree_.is(clause.head.first, "__getattr__")) names_.getattr = &clause;
  body_of_function(clause);
}

void ModuleReader::body_of_function(const Clause& clause) {
  if (!clause.head.empty()) function_ = tree_.text(clause.head.first);
  inside_function(clause.body, {});
}

/// True if a function can do what inside_function looks for.
bool ModuleReader::affects_module(const SourceTree& tree) {
  const auto source = tree.list().source;
  const auto has = [&](std::string_view word) { return source.find(word) != std::string_view::npos; };
  return has("global") || has("modules") || has("setattr");
}

/// Looks only for what affects the module: `global` names, globals(), sys.modules, and setattr on classes.
void ModuleReader::inside_function(const std::vector<Statement>& statements, std::set<std::string> globals) {
  if (!functions_matter_) return;
  for (const auto& statement : statements) {
    if (statement.kind == StatementKind::simple && !statement.tokens.empty()) {
      const auto first = statement.tokens.first;
      if (tree_.is(first, "global")) {
        for (auto i = first + 1; i < statement.tokens.last; ++i) globals.insert(std::string(tree_.text(i)));
      } else {
        function_statement(statement.tokens, globals);
      }
    }
    for (const auto& clause : statement.clauses) inside_function(clause.body, globals);
  }
}

void ModuleReader::function_statement(TokenRange range, const std::set<std::string>& globals) {
  const auto uncertain = [&](const std::string& name, std::uint32_t token) {
    if (!globals.contains(name)) return;
    Binding binding;
    binding.kind = Binding::Kind::uncertain;
    binding.line = line(token);
    bind(name, std::move(binding));
  };
  if (!globals.empty()) {
    for (const auto& name : imported_names(tree_, range)) uncertain(bound_name(name), name.token);
    for (const auto& target : assignment(tree_, range).targets) {
      for (const auto token : target_names(tree_, target)) uncertain(std::string(tree_.text(token)), token);
    }
  }
  patches_in_function(range);
  const auto parts = assignment(tree_, range);
  if (parts.targets.empty()) set_default_module(range, true);
  for (const auto& target : parts.targets) {
    register_module(target, parts.value, true);
    if (const auto key = globals_key(target, false)) {
      binders_.insert(function_);
      names_.computed.push_back({std::string(1, kAnyText), {}, line(key->first)});
    }
  }
}

void ModuleReader::klass(const Clause& clause) {
  if (clause.head.empty() || !tree_.is_name(clause.head.first)) return;
  bind_here(clause.head.first, definition_of(clause, Definition::Kind::klass));
  members(clause.body);
}

/// Looks into a class, and classes in it, only for what affects the module.
void ModuleReader::members(const std::vector<Statement>& statements) {
  for (const auto& statement : statements) {
    if (statement.kind == StatementKind::function) {
      body_of_function(statement.clauses.front());
      continue;
    }
    for (const auto& import : imported_names(tree_, statement.tokens)) executed(import);
    for (const auto& clause : statement.clauses) members(clause.body);
  }
}

void ModuleReader::simple(TokenRange range) {
  if (range.empty()) return;
  if (tree_.is(range.first, "import") || tree_.is(range.first, "from")) return imports(range);
  if (tree_.is(range.first, "del")) return del({range.first + 1, range.last});
  if (tree_.is(range.first, "type") && range.last - range.first > 3 && tree_.is_name(range.first + 1) &&
      (tree_.is(range.first + 2, "=") || tree_.is(range.first + 2, "["))) {
    return bind_here(range.first + 1);
  }
  walruses(range);
  const auto parts = assignment(tree_, range);
  if (parts.targets.empty()) return call(range);
  if (parts.annotated_only && !names_.is_stub) return;
  Definition definition;
  definition.value = parts.value;
  definition.annotation = parts.annotation;
  for (const auto& target : parts.targets) assign(target, parts, definition);
}

void ModuleReader::assign(TokenRange target, const Assignment& parts, const Definition& definition) {
  const bool single = target.last - target.first == 1 && tree_.is_name(target.first);
  if (single) {
    const std::string name(tree_.text(target.first));
    if (name == "__all__") return assign_all(target.first, parts);
    if (name == "__path__") names_.changes_path = true;
    if (is_this_module(parts.value)) modules_held_.insert(name);
    if (!parts.augmented) bind_here(target.first, definition);
    if (!parts.annotated_only) values_.assign(name, tree_, parts.value);
    if (parts.augmented) values_.extend(name, {});
    return;
  }
  for (const auto token : target_names(tree_, target)) bind_here(token);
  std::uint32_t end = 0;
  if (auto patch = dotted_name(tree_, target, &end);
      end == target.last && patch.find('.') != std::string::npos) {
    names_.patched.insert(std::move(patch));
  }
  register_module(target, parts.value, false);
  subscript(target, parts.value);
}

void ModuleReader::assign_all(std::uint32_t token, const Assignment& parts) {
  names_.has_all = true;
  bind_here(token);
  if (parts.augmented) {
    extend_all(values_.elements(tree_, parts.value));
  } else {
    values_.assign("__all__", tree_, parts.value);
    all_unknown_ = !values_.elements(tree_, parts.value);
  }
}

void ModuleReader::extend_all(const std::optional<std::vector<std::string>>& more) {
  if (!more) all_unknown_ = true;
  values_.extend("__all__", more);
}

std::string ModuleReader::bound_name(const ImportedName& name) {
  if (!name.alias.empty()) return name.alias;
  return name.from ? name.name : name.module.substr(0, name.module.find('.'));
}

void ModuleReader::executed(const ImportedName& name) {
  names_.imports.push_back(
      {absolute_module(names_.module, names_.is_package, name.level, name.module), name.name});
}

void ModuleReader::imports(TokenRange range) {
  for (const auto& name : imported_names(tree_, range)) {
    executed(name);
    auto module = absolute_module(names_.module, names_.is_package, name.level, name.module);
    if (name.name == "*") {
      names_.stars.push_back({std::move(module), line(name.token)});
      continue;
    }
    const auto& original = name.from ? name.name : name.module;
    Binding binding;
    binding.kind = name.from ? Binding::Kind::member : Binding::Kind::module;
    binding.line = line(name.token);
    binding.name = name.name;
    binding.module = name.from || !name.alias.empty() ? std::move(module) : bound_name(name);
    if (names_.is_stub && name.alias != original) {
      names_.inner.insert_or_assign(bound_name(name), std::move(binding));
      continue;
    }
    bind(bound_name(name), std::move(binding));
    if (bound_name(name) == "__all__") names_.has_all = all_unknown_ = true;
  }
}

void ModuleReader::del(TokenRange range) {
  for (const auto token : target_names(tree_, range)) forget(std::string(tree_.text(token)), false);
}

/// A name is deleted: bindings on this path are gone, bindings elsewhere may be. A `final` deletion also
/// applies to names from a star import.
void ModuleReader::forget(const std::string& name, bool final) {
  const auto found = names_.bindings.find(name);
  if (found != names_.bindings.end()) {
    if (!found->second.empty()) names_.inner.try_emplace(name, found->second.back());
    std::erase_if(found->second,
                  [&](const Binding& binding) { return starts_with(binding.branch, branch_); });
    for (auto& binding : found->second) binding.kind = Binding::Kind::uncertain;
    if (found->second.empty()) names_.bindings.erase(found);
  }
  // `del` also removes a submodule that an import of what it contains has bound.
  const bool submodule = names_.is_package && !names_.is_stub && branch_.empty();
  if ((final || submodule) && !is_pattern(name)) names_.deleted.insert(name);
}

void ModuleReader::walruses(TokenRange range) {
  for (auto i = range.first; i + 1 < range.last; ++i) {
    if (tree_.is_name(i) && tree_.is(i + 1, ":=")) bind_here(i);
  }
}

}  // namespace launch::pysource
