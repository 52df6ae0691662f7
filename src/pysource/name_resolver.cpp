#include "pysource/name_resolver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pysource/getattr_rule.hpp"
#include "pysource/lazy_names.hpp"

namespace launch::pysource {
namespace {

constexpr int kMostDepth = 100;

Answer yes(std::string reason) {
  return {Verdict::yes, std::move(reason)};
}
Answer no(std::string reason) {
  return {Verdict::no, std::move(reason)};
}
Answer unknown(std::string reason) {
  return {Verdict::unknown, std::move(reason)};
}
Answer too_deep() {
  return unknown("it is re-exported through more than 100 modules");
}

bool is_module_attribute(std::string_view name) {
  static constexpr std::string_view kNames[] = {"__name__",   "__file__",     "__doc__",
                                                "__spec__",   "__loader__",   "__package__",
                                                "__cached__", "__builtins__", "__dict__"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::string at(const std::string& file, std::uint32_t line) {
  return fmt::format("{}:{}", file, line);
}

/// Keeps the better of two answers: yes, then unknown, then no; with a reason before without.
void improve(Answer& best, Answer next) {
  const bool reason = next.verdict == best.verdict && best.reason.empty();
  if (next.verdict > best.verdict || reason) best = std::move(next);
}

}  // namespace

Answer NameResolver::answer(const Requirement& requirement) {
  seen_.clear();
  if (requirement.name.empty() || requirement.name == "*") {
    const auto place = locate(requirement.module, 0);
    switch (place.kind) {
      case Located::Kind::found:
        return yes("a module: " + place.file.file);
      case Located::Kind::missing:
        return no(place.reason);
      default:
        return unknown(place.reason);
    }
  }
  return member(requirement.module, requirement.name, 0);
}

const ModuleNames* NameResolver::names_of(const std::string& file, WantedFile as) {
  const auto found = library_.read.find(file);
  if (found != library_.read.end()) return found->second.get();
  library_.wanted.emplace(file, std::move(as));
  return nullptr;
}

const ModuleNames* NameResolver::names_of(const Located& place) {
  const bool is_package = place.file.kind == ModuleKind::package;
  if (!is_package && place.file.kind != ModuleKind::source) return nullptr;
  return names_of(place.file.file, {place.module, is_package, false});
}

const ModuleNames* NameResolver::stub_of(const std::string& module) {
  const auto file = library_.files.find_stub(module);
  return file.empty() ? nullptr : names_of(file, {module, file.ends_with("/__init__.pyi"), true});
}

NameResolver::Located NameResolver::locate(const std::string& module, int depth) {
  using Kind = Located::Kind;
  if (depth > kMostDepth) return {Kind::unknown, module, {}, too_deep().reason};
  auto dot = std::min(module.find('.'), module.size());
  Located place{Kind::found, module.substr(0, dot), library_.files.find(module.substr(0, dot)), {}};
  if (place.file.kind == ModuleKind::missing) {
    return {Kind::outside, module, {}, place.module + " is in none of the checked wheels"};
  }
  while (dot < module.size() && place.kind == Kind::found) {
    const auto next = std::min(module.find('.', dot + 1), module.size());
    place = locate_child(place, module.substr(dot + 1, next - dot - 1), depth);
    dot = next;
  }
  return place;
}

NameResolver::Located NameResolver::locate_child(const Located& parent, const std::string& name, int depth) {
  using Kind = Located::Kind;
  const auto module = parent.module + "." + name;
  const bool is_package = parent.file.kind == ModuleKind::package || parent.file.kind == ModuleKind::space;
  if (is_package) {
    auto file = library_.files.find(module);
    if (file.kind != ModuleKind::missing) return {Kind::found, module, std::move(file), {}};
  }
  if (parent.file.kind == ModuleKind::extension) {
    if (auto stub = library_.files.find_stub(module); !stub.empty()) {
      return {Kind::found, module, {ModuleKind::extension, std::move(stub)}, {}};
    }
    if (library_.files.has_folder(module_path(module))) {  // of stubs only
      return {Kind::found, module, {ModuleKind::extension, module_path(module)}, {}};
    }
  }
  // Ancestor packages, or the parent itself, may have put the module into sys.modules.
  for (auto end = module.find('.'); end != std::string::npos; end = module.find('.', end + 1)) {
    const auto package = module.substr(0, end);
    const auto file = library_.files.find(package);
    const auto* names = names_of({Kind::found, package, file, {}});
    if (names == nullptr) continue;
    for (const auto& entry : names->registrations) {
      if (entry.object == "None" || !fits_pattern(entry.pattern, module)) continue;
      const bool anything = entry.pattern == std::string(1, kAnyText);
      if (anything && entry.in_function) continue;
      const auto where = at(file.file, entry.line);
      if (is_pattern(entry.pattern) || entry.in_function) {
        return {Kind::unknown, module, {}, fmt::format("{} may put it into sys.modules", where)};
      }
      const auto target =
          entry.module.empty() ? object_module(*names, entry.object, depth + 1) : entry.module;
      if (target.empty())
        return {Kind::unknown, module, {}, fmt::format("{} puts something into sys.modules", where)};
      if (target == module) continue;
      return locate(target, depth + 1);
    }
    if (names->changes_path && package == parent.module) {
      return {Kind::unknown, module, {}, fmt::format("{} changes the package's __path__", file.file)};
    }
  }
  if (parent.file.kind == ModuleKind::extension) {
    return {Kind::unknown,
            module,
            {},
            fmt::format("{} is compiled, and no stub describes {}", parent.module, module)};
  }
  const auto label = library_.label(module);
  if (!is_package) {
    return {Kind::missing,
            module,
            {},
            fmt::format("{} of {} is a module, not a package", parent.file.file, label)};
  }
  return {Kind::missing, module, {}, fmt::format("{} has no module {}", label, module_path(module))};
}

Answer NameResolver::member(const std::string& module, const std::string& name, int depth) {
  if (depth > kMostDepth) return too_deep();
  const auto [known, added] =
      seen_.try_emplace({module, name}, no("modules only import it from each other in a circle"));
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
          result = member_of_source(place, name, depth);
      }
  }
  seen_[{module, name}] = result;
  return result;
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
  return unknown(fmt::format("{} is compiled, and its stub {} does not list {}", place.module, file, name));
}

Answer NameResolver::member_of_source(const Located& place, const std::string& name, int depth) {
  const auto* names = names_of(place);
  if (names == nullptr) return unknown("not read yet");
  const auto& file = place.file.file;
  // The module may have replaced itself by another.
  for (const auto& entry : names->registrations) {
    if (entry.pattern != place.module || entry.in_function) continue;
    const auto target = entry.module.empty() ? object_module(*names, entry.object, depth + 1) : entry.module;
    if (!target.empty() && target != place.module) return member(target, name, depth + 1);
  }
  auto result = bound(*names, file, name, depth);
  if (result.verdict == Verdict::yes && !names->replaced) return result;
  if (is_module_attribute(name) || (name == "__path__" && names->is_package))
    return yes("every module has it");
  if (place.file.kind == ModuleKind::package) {
    const auto child = locate_child(place, name, depth);
    if (child.kind == Located::Kind::found) return yes("a module: " + child.file.file);
    if (child.kind == Located::Kind::unknown) improve(result, unknown(child.reason));
  }
  if (result.verdict != Verdict::yes && !names->deleted.contains(name))
    improve(result, star(*names, file, name, depth));
  if (result.verdict != Verdict::yes) improve(result, computed(*names, file, name, depth));
  if (result.verdict != Verdict::yes && has_made_getattr(*names)) {
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
    const auto where = at(file, binding.line);
    switch (binding.kind) {
      case Binding::Kind::here:
        return yes(where);
      case Binding::Kind::uncertain:
        improve(best, unknown(where + " binds or deletes it on some paths only"));
        break;
      case Binding::Kind::module: {
        const auto place = locate(binding.module, depth + 1);
        if (place.kind == Located::Kind::found || place.kind == Located::Kind::outside) return yes(where);
        improve(best, place.kind == Located::Kind::missing
                          ? no(fmt::format("{} imports it: {}", where, place.reason))
                          : unknown(place.reason));
        break;
      }
      case Binding::Kind::member: {
        if (library_.files.find(binding.module.substr(0, binding.module.find('.'))).kind ==
            ModuleKind::missing) {
          return yes(where);
        }
        // `from . import x` in a package's own __init__ means the submodule.
        if (binding.module == names.module && binding.name == name) {
          const Located self{Located::Kind::found, names.module, library_.files.find(names.module), {}};
          const auto child = locate_child(self, name, depth + 1);
          if (child.kind == Located::Kind::found) return yes("a module: " + child.file.file);
        }
        auto next = member(binding.module, binding.name, depth + 1);
        if (next.verdict == Verdict::yes) return next;
        if (next.verdict == Verdict::no)
          next.reason = fmt::format("{} imports it, but {}", where, next.reason);
        improve(best, std::move(next));
        break;
      }
    }
  }
  return best;
}

Answer NameResolver::star(const ModuleNames& names, const std::string& file, const std::string& name,
                          int depth) {
  auto best = no("");
  for (const auto& import : names.stars) {
    const auto place = locate(import.module, depth + 1);
    if (place.kind == Located::Kind::outside || place.kind == Located::Kind::unknown) {
      improve(best, unknown(fmt::format("{} imports * from {}", at(file, import.line), import.module)));
      continue;
    }
    if (place.kind != Located::Kind::found) continue;
    const auto* from = names_of(place);
    if (from != nullptr && from->all) {
      if (std::find(from->all->begin(), from->all->end(), name) == from->all->end()) continue;
    } else if (name.starts_with('_') && (from == nullptr || !from->has_all)) {
      continue;
    }
    auto next = member(import.module, name, depth + 1);
    if (next.verdict == Verdict::yes) return next;
    if (next.verdict == Verdict::unknown) improve(best, std::move(next));
  }
  return best;
}

Answer NameResolver::computed(const ModuleNames& names, const std::string& file, const std::string& name,
                              int depth) {
  auto best = no("");
  for (const auto& each : names.computed) {
    const auto where = at(file, each.line);
    if (!each.directory.empty()) {
      const auto* stub = stub_of(object_module(names, each.directory, depth + 1));
      if (stub == nullptr) {
        improve(best, unknown(fmt::format("{} may bind it, for each name in {}", where, each.directory)));
      } else if (stub->bindings.contains(name)) {
        return yes(fmt::format("{}, for each name in {}", where, each.directory));
      }
    } else if (fits_pattern(each.pattern, name)) {
      const auto* stub = stub_of(names.module);
      if (stub != nullptr && stub->bindings.contains(name))
        return yes(library_.files.find_stub(names.module));
      improve(best, unknown(where + " binds names computed at run time"));
    }
  }
  return best;
}

Answer NameResolver::replaced(const ModuleNames& names, const std::string& file, const std::string& name,
                              const Answer& own, int depth) {
  if (names.replaced->keeps_names && own.verdict == Verdict::yes) return own;
  auto member = in_class(names, names.replaced->class_name, name, depth);
  if (member.verdict == Verdict::yes) return member;
  const auto forwards = in_class(names, names.replaced->class_name, "__getattr__", depth);
  if (forwards.verdict == Verdict::yes && own.verdict == Verdict::yes) return own;
  if (names.replaced->keeps_names && forwards.verdict == Verdict::no && member.verdict == Verdict::no)
    return own;
  return unknown(fmt::format("{} replaces the module by another object", at(file, names.replaced->line)));
}

/// Looks for a member of a class or its bases: yes, no, or unknown if a base cannot be followed.
Answer NameResolver::in_class(const ModuleNames& names, const std::string& class_name,
                              const std::string& name, int depth) {
  if (depth > kMostDepth) return too_deep();
  const auto found = names.classes.find(class_name);
  if (found != names.classes.end()) {
    if (found->second.members.contains(name)) return yes("a member of the class " + class_name);
    auto best = no("not in the class " + class_name);
    for (const auto& base : found->second.bases) {
      if (base == "ModuleType" || base.ends_with(".ModuleType") || base == "object") continue;
      improve(best, in_class(names, base, name, depth + 1));
    }
    return best;
  }
  const auto imported = names.bindings.find(class_name);
  if (imported != names.bindings.end() && imported->second.front().kind == Binding::Kind::member) {
    const auto& binding = imported->second.front();
    const auto place = locate(binding.module, depth + 1);
    const auto* other = place.kind == Located::Kind::found ? names_of(place) : nullptr;
    if (other != nullptr && other != &names) return in_class(*other, binding.name, name, depth + 1);
  }
  return unknown("the class " + class_name + " was not found");
}

std::string NameResolver::object_module(const ModuleNames& names, const std::string& dotted, int depth) {
  if (dotted.empty() || depth > kMostDepth) return {};
  const auto dot = std::min(dotted.find('.'), dotted.size());
  const auto found = names.bindings.find(dotted.substr(0, dot));
  const auto rest = dotted.substr(dot);
  if (found == names.bindings.end()) {
    const auto child = names.module + "." + dotted.substr(0, dot);
    const bool there = names.is_package && library_.files.find(child).kind != ModuleKind::missing;
    return there ? child + rest : std::string();
  }
  for (const auto& binding : found->second) {
    switch (binding.kind) {
      case Binding::Kind::module:
        return binding.module + rest;
      case Binding::Kind::member: {
        const auto module = binding.module + "." + binding.name;
        if (locate(module, depth + 1).kind == Located::Kind::found) return module + rest;
        break;
      }
      case Binding::Kind::here:
        if (!binding.value.empty() && binding.value != dotted.substr(0, dot)) {
          return object_module(names, binding.value + rest, depth + 1);
        }
        break;
      case Binding::Kind::uncertain:
        break;
    }
  }
  return {};
}

std::string NameResolver::absent(const std::string& file, const ModuleNames& names,
                                 const std::string& name) const {
  constexpr std::size_t kShort = 4;  // anything is near to such a name
  std::vector<std::string> there;
  there.reserve(names.bindings.size());
  for (const auto& [each, bindings] : names.bindings) there.push_back(each);
  const auto near = name.size() < kShort ? std::nullopt : did_you_mean(name, there);
  return fmt::format("{} of {} has no {}{}", file, library_.label(names.module), name,
                     near ? fmt::format(", but {}", *near) : "");
}

}  // namespace launch::pysource
