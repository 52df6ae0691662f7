#include <algorithm>

#include "pysource/getattr_rule.hpp"
#include "pysource/lazy_names.hpp"
#include "pysource/name_resolver.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/resolver_parts.hpp"
#include "pysource/special_names.hpp"
#include "pysource/standard_classes.hpp"

namespace launch::pysource {
namespace {

bool is_module_attribute(std::string_view name) {
  static constexpr std::string_view kNames[] = {"__name__",    "__file__",   "__spec__",     "__loader__",
                                                "__package__", "__cached__", "__builtins__", "__dict__"};
  return is_of_every_object(name) ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// The line on which a function sets an attribute of its first parameter; 0 if none does.
std::uint32_t line_that_sets(const BoundValue& function, std::string_view name) {
  const auto& tree = *function.names->tree;
  const auto& clause = *function.definition->clause;
  const auto parameter = clause.head.first + 2;
  if (parameter >= clause.head.last) return 0;
  const auto sets = [&](const auto& self, const std::vector<Statement>& statements) -> std::uint32_t {
    for (const auto& statement : statements) {
      const auto i = statement.tokens.first;
      if (statement.kind == StatementKind::simple && statement.tokens.last - i > 3 &&
          tree.is(i, tree.text(parameter)) && tree.is(i + 1, ".") && tree.is(i + 2, name) &&
          tree.is(i + 3, "="))
        return tree.line(i);
      for (const auto& each : statement.clauses) {
        if (const auto line = self(self, each.body); line != 0) return line;
      }
    }
    return 0;
  };
  return sets(sets, clause.body);
}

}  // namespace

Answer NameResolver::member(const std::string& module, const std::string& name, int depth, Reach reach) {
  if (gives_up(depth)) return too_deep();
  const auto [known, added] =
      seen_.try_emplace({module, name, reach}, no("modules only import it from each other in a circle"));
  if (!added) return known->second;
  const auto place = locate(module, depth);
  Answer result;
  switch (place.kind) {
    case Located::Kind::missing:
      result = no(place.reason);
      break;
    case Located::Kind::outside:
    case Located::Kind::unknown:
      result = unknown(place.reason);
      break;
    case Located::Kind::found:
      switch (place.file.kind) {
        case ModuleKind::extension:
          result = member_of_extension(place, name, depth);
          break;
        case ModuleKind::space: {
          const auto child = locate_child(place, name, depth);
          result =
              child.kind == Located::Kind::found ? yes("a module: " + child.file.file) : no(child.reason);
          break;
        }
        default:
          result = member_of_source(place, name, depth, reach);
      }
  }
  return known->second = std::move(result);
}

Answer NameResolver::member_of_extension(const Located& place, const std::string& name, int depth) {
  if (const auto child = locate_child(place, name, depth); child.kind == Located::Kind::found) {
    return yes("a module: " + child.file.file);
  }
  const auto file = library_.files.find_stub(place.module);
  if (is_module_attribute(name)) return yes("every module has it");
  if (file.empty()) return unknown(fmt::format("{} is compiled and has no stub", place.module));
  const auto* names = stub_of(place.module);
  if (names == nullptr) return unknown("not read yet");
  auto result = bound(*names, file, name, depth);
  if (result.verdict != Verdict::yes) improve(result, star(*names, file, name, depth));
  if (result.verdict == Verdict::yes) return result;
  return not_in_stub(
      place.module, name,
      fmt::format("{} is compiled, and its stub {} does not list {}", place.module, file, name));
}

Answer NameResolver::member_of_source(const Located& place, const std::string& name, int depth, Reach reach) {
  const auto* names = names_of(place);
  if (names == nullptr) return unknown("not read yet");
  const auto& file = place.file.file;
  if (const auto other = successor_of(place, *names, depth); !other.empty()) {
    return member(other, name, depth + 1, reach);
  }
  auto result = bound(*names, file, name, depth);
  if (result.verdict == Verdict::yes && !names->replaced) return result;
  if (is_module_attribute(name) || (name == "__path__" && names->is_package))
    return yes("every module has it");
  improve(result, given_to_module(name));
  const bool deleted = reach == Reach::attribute && names->deleted.contains(name);
  if (place.file.kind == ModuleKind::package && !deleted) {
    const auto child = locate_child(place, name, depth);
    if (child.kind == Located::Kind::found) {
      auto own =
          reach == Reach::import ? yes("a module: " + child.file.file) : submodule(child, place.module);
      if (own.verdict == Verdict::yes) return own;
      improve(result, std::move(own));
    }
    if (child.kind == Located::Kind::unknown) improve(result, unknown(child.reason));
  }
  if (result.verdict != Verdict::yes && !names->deleted.contains(name))
    improve(result, star(*names, file, name, depth));
  if (result.verdict != Verdict::yes) improve(result, computed(*names, file, name, depth));
  if (result.verdict != Verdict::yes && assigns_getattr(*names)) {
    const auto line = literal_line(*names, name);
    improve(result, line ? yes(fmt::format("{} lists it for __getattr__", at(file, *line)))
                         : unknown(fmt::format("__getattr__ in {} may provide it", file)));
  }
  if (result.verdict != Verdict::yes && names->getattr != nullptr) {
    switch (ask_getattr(*names, name)) {
      case GetattrAnswer::yes:
        improve(result, yes("__getattr__ in " + file));
        break;
      case GetattrAnswer::unknown:
        improve(result, unknown(fmt::format("__getattr__ in {} may provide it", file)));
        break;
      case GetattrAnswer::no:
        break;
    }
  }
  if (result.verdict != Verdict::yes) improve(result, of_settings(*names, file, name, depth));
  if (result.verdict != Verdict::yes) improve(result, compiled(place.module, name));
  if (names->replaced) return replaced(*names, file, name, result, depth);
  if (result.verdict == Verdict::no && names->problem) {
    return unknown(fmt::format("{}: {}", at(file, names->problem->line), names->problem->message));
  }
  if (result.reason.empty()) result.reason = absent(file, *names, name);
  return result;
}

Answer NameResolver::bound(const ModuleNames& names, const std::string& file, const std::string& name,
                           int depth) {
  auto best = no("");
  const auto found = names.bindings.find(name);
  if (found == names.bindings.end()) return best;
  for (const auto& binding : found->second) {
    auto next = bound_by(names, binding, at(file, binding.line), name, depth);
    if (next.verdict == Verdict::yes) return next;
    improve(best, std::move(next));
  }
  return best;
}

Answer NameResolver::bound_by(const ModuleNames& names, const Binding& binding, const std::string& where,
                              const std::string& name, int depth) {
  switch (binding.kind) {
    case Binding::Kind::here:
      return yes(where);
    case Binding::Kind::uncertain:
      return unknown(where + " binds or deletes it on some paths only");
    case Binding::Kind::module: {
      const auto place = locate(binding.module, depth + 1);
      if (place.kind == Located::Kind::found || place.kind == Located::Kind::outside) return yes(where);
      return place.kind == Located::Kind::missing ? no(fmt::format("{} imports it: {}", where, place.reason))
                                                  : unknown(place.reason);
    }
    case Binding::Kind::member:
      break;
  }
  if (library_.files.find(root_of(binding.module)).kind == ModuleKind::missing) return yes(where);
  // `from . import x` in a package's own __init__ means the submodule.
  if (binding.module == names.module && binding.name == name) {
    const Located self{Located::Kind::found, names.module, library_.files.find(names.module), {}};
    const auto child = locate_child(self, name, depth + 1);
    if (child.kind == Located::Kind::found) return yes("a module: " + child.file.file);
  }
  auto next = member(binding.module, binding.name, depth + 1);
  if (next.verdict == Verdict::no) next.reason = fmt::format("{} imports it, but {}", where, next.reason);
  return next;
}

Answer NameResolver::star(const ModuleNames& names, const std::string& file, const std::string& name,
                          int depth) {
  auto best = no("");
  for (const auto& import : names.stars) {
    const auto place = locate(import.module, depth + 1);
    if (const auto standard = standard_star_binds(import.module, name); standard) {
      if (*standard) return yes(at(file, import.line));
      continue;
    }
    if (place.kind == Located::Kind::outside || place.kind == Located::Kind::unknown) {
      improve(best, unknown(fmt::format("{} imports * from {}", at(file, import.line), import.module)));
      continue;
    }
    if (place.kind != Located::Kind::found) continue;
    const auto* from = names_of(place);
    if (from != nullptr && from->all) {
      if (std::find(from->all->begin(), from->all->end(), name) == from->all->end()) {
        // A function that binds names may also add them to __all__.
        auto later = computed(*from, place.file.file, name, depth + 1);
        if (later.verdict == Verdict::unknown) improve(best, std::move(later));
        continue;
      }
    } else if (name.starts_with('_') && (from == nullptr || !from->has_all)) {
      continue;
    }
    auto next = member(import.module, name, depth + 1);
    const auto* stub = place.file.kind == ModuleKind::extension ? stub_of(place.module) : nullptr;
    // The string of a library may be the name of something else.
    const bool by_string = stub != nullptr && !stub->bindings.contains(name) && stub->stars.empty();
    if (next.verdict == Verdict::yes && by_string)
      next = unknown(fmt::format("{} imports * from {}", at(file, import.line), import.module));
    if (next.verdict == Verdict::yes) return next;
    if (next.verdict == Verdict::unknown) improve(best, std::move(next));
  }
  return best;
}

Answer NameResolver::replaced(const ModuleNames& names, const std::string& file, const std::string& name,
                              const Answer& own, int depth) {
  if (names.replaced->keeps_names && own.verdict == Verdict::yes) return own;
  const auto among = [&](const std::string& wanted) {
    auto best = unknown("the class " + names.replaced->class_name + " was not found");
    for (const auto& value : evaluate_name(names, file, names.replaced->class_name, depth + 1)) {
      if (value.kind == BoundValue::Kind::klass) best = in_class(value, wanted, depth + 1);
    }
    return best;
  };
  auto member = among(name);
  if (member.verdict == Verdict::yes) return member;
  const auto forwards = among("__getattr__");
  if (forwards.verdict == Verdict::yes && own.verdict == Verdict::yes) return own;
  if (names.replaced->keeps_names && forwards.verdict == Verdict::no && member.verdict == Verdict::no)
    return own;
  return unknown(fmt::format("{} replaces the module by another object", at(file, names.replaced->line)));
}

/// A function that gets the module may make it one of settings, with the methods of a class beside the
/// function.
Answer NameResolver::of_settings(const ModuleNames& names, const std::string& file, const std::string& name,
                                 int depth) {
  auto best = no("");
  for (const auto& function : names.passed_to) {
    for (const auto& value : evaluate_name(names, file, function, depth + 1)) {
      const auto found = library_.rules->settings.find(value.name);
      if (value.kind != BoundValue::Kind::function || found == library_.rules->settings.end()) continue;
      if (const auto line = line_that_sets(value, name); line != 0)
        improve(best, unknown(at(value.file, line) + " may set it"));
      for (const auto& klass : values_in(*value.names, value.file, found->second, depth + 1)) {
        if (klass.kind != BoundValue::Kind::klass) continue;
        const bool of_instance = body_of(klass).instance.contains(name);
        improve(best, of_instance ? yes("an attribute of the class " + klass.name)
                                  : in_class(klass, name, depth + 1));
      }
    }
  }
  if (best.verdict == Verdict::no) best.reason.clear();
  return best;
}

std::string NameResolver::absent(const std::string& file, const ModuleNames& names,
                                 const std::string& name) const {
  std::vector<std::string> there;
  there.reserve(names.bindings.size());
  for (const auto& [each, bindings] : names.bindings) there.push_back(each);
  for (const auto& star : names.stars) {
    const auto from = library_.read.find(library_.files.find(star.module).file);
    if (from == library_.read.end() || !from->second) continue;
    for (const auto& [each, bindings] : from->second->bindings) {
      if (!each.starts_with('_')) there.push_back(each);
    }
  }
  return fmt::format("{} of {} has no {}{}", file, library_.label(names.module), name,
                     but_there_is(name, there));
}

}  // namespace launch::pysource
