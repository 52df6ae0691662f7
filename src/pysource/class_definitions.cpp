// What tests can use of classes: flags in their bodies, and methods that compare versions.
#include "pysource/definitions.hpp"
#include "pysource/function_reader.hpp"
#include "pysource/targets.hpp"

namespace launch::pysource {

/// True if nothing else of the file binds the class, or a member of that name: in the class, in one derived
/// from it, or in an object.
bool Definitions::is_only_member(const std::string& klass, std::string_view name) {
  return targets().of_module(klass) == 1 && targets().of_member(name) == 1;
}

TargetCounts& Definitions::targets() {
  if (!targets_) targets_.emplace(tree_);
  return *targets_;
}

/// Where the flag has an annotation, a constructor may set it.
void Definitions::define_flag(const std::string& klass, TokenRange statement) {
  const auto parts = assignment(tree_, statement);
  if (parts.targets.size() != 1 || parts.augmented || !parts.annotation.empty()) return;
  const auto target = parts.targets.front();
  if (target.last - target.first != 1 || !tree_.is_name(target.first) || !matters(parts.value)) return;
  const auto name = tree_.text(target.first);
  if (!is_only_member(klass, name)) return;
  if (auto* word = words_.find(name)) word->bound = true;
  names_.bind_member(klass, name, read(parts.value));
}

void Definitions::define_method(const std::string& klass, const Statement& statement,
                                const std::vector<TokenRange>& decorators) {
  const auto head = statement.clauses.front().head;
  if (head.empty() || !tree_.is_name(head.first)) return;
  bool is_value = false;
  bool has_object = true;
  for (const auto decorator : decorators) {
    const auto name = dotted_name(tree_, decorator);
    const auto last = std::string_view(name).substr(name.rfind('.') + 1);
    is_value = is_value || last == "property" || last == "cached_property";
    has_object = has_object && last != "staticmethod";
    const bool known =
        is_value || last == "staticmethod" || last == "classmethod" || last == "lru_cache" || last == "cache";
    if (!known) return;
  }
  const auto name = tree_.text(head.first);
  auto function = FunctionReader(*this).read(statement, has_object ? std::string_view(klass) : "");
  if (function == nullptr || !is_only_member(klass, name)) return;
  if (auto* word = words_.find(name)) word->bound = true;
  names_.bind_member(klass, name, is_value ? make(Expression::Kind::call, {function}) : function);
}

void Definitions::define_class(const Statement& statement) {
  const auto& clause = statement.clauses.front();
  if (!names_.in_module() || clause.head.empty() || !tree_.is_name(clause.head.first)) return;
  const std::string klass(tree_.text(clause.head.first));
  const auto before = names_.mark();
  each_decorated(tree_, clause.body, [&](const Statement& each, const std::vector<TokenRange>& decorators) {
    if (each.kind == StatementKind::simple) define_flag(klass, each.tokens);
    if (each.kind == StatementKind::function) define_method(klass, each, decorators);
  });
  // So that a parameter of the same name hides the class.
  if (names_.mark() > before) bind(klass, nullptr);
}

}  // namespace launch::pysource
