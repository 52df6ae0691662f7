#include "pysource/name_resolver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pysource/requirement_names.hpp"
#include "pysource/resolver_parts.hpp"

namespace launch::pysource {

Answer NameResolver::answer(const Requirement& requirement) {
  // Of the question before, whose files may not have been read.
  seen_.clear();
  busy_.clear();
  returned_.clear();
  loops_.clear();
  steps_ = 0;
  auto answer = spelled(requirement);
  if (answer.verdict == Verdict::no && steps_ > kMostSteps) return too_deep();
  if (answer.verdict == Verdict::no && may_be_another(requirement))
    return unknown(std::string(kMayBeAnother));
  return answer;
}

bool NameResolver::gives_up(int depth) {
  return depth > kMostDepth || ++steps_ > kMostSteps;
}

Answer NameResolver::spelled(const Requirement& requirement) {
  if (requirement.tier == Tier::attribute) return attribute(requirement, nullptr);
  if (requirement.tier == Tier::keyword) return keyword(requirement);
  if (is_module(requirement)) {
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

const NameList* NameResolver::list_of(const ListFile& list) {
  static const NameList kNone;
  for (const auto& file : list.files) {
    if (!library_.files.has(file)) continue;
    const auto found = library_.read.find(file);
    if (found != library_.read.end()) return &found->second->listed;
    library_.wanted.emplace(file, WantedFile{{}, false, false, &list});
    return nullptr;
  }
  return &kNone;
}

NameResolver::Located NameResolver::locate(const std::string& module, int depth) {
  using Kind = Located::Kind;
  if (gives_up(depth)) return {Kind::unknown, module, {}, too_deep().reason};
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

std::string NameResolver::successor_of(const Located& place, const ModuleNames& names, int depth) {
  for (const auto& entry : names.registrations) {
    if (entry.pattern != place.module || entry.in_function) continue;
    auto target = entry.module.empty() ? object_module(names, entry.object, depth + 1) : entry.module;
    if (!target.empty() && target != place.module) return target;
  }
  return {};
}

std::string NameResolver::object_module(const ModuleNames& names, const std::string& dotted, int depth) {
  if (dotted.empty() || gives_up(depth)) return {};
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
      case Binding::Kind::here: {
        const auto value = binding.definition.value;
        std::uint32_t end = 0;
        const auto object = dotted_name(*names.tree, value, &end);  // of `name = a.b.c`
        if (end == value.last && !object.empty() && object != dotted.substr(0, dot)) {
          return object_module(names, object + rest, depth + 1);
        }
        break;
      }
      case Binding::Kind::uncertain:
        break;
    }
  }
  return {};
}

}  // namespace launch::pysource
