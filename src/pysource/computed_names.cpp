// Names that a module's code computes: globals()[KEY] = VALUE, also for each name that another object has.
#include <algorithm>

#include "pysource/name_resolver.hpp"
#include "pysource/resolver_parts.hpp"

namespace launch::pysource {

Answer NameResolver::computed(const ModuleNames& names, const std::string& file, const std::string& name,
                              int depth) {
  auto best = no("");
  for (const auto& each : names.computed) {
    const auto where = at(file, each.line);
    if (each.listed) {
      improve(best, by_list(names, *each.listed, where, name, depth));
      if (best.verdict == Verdict::yes) return best;
    } else if (fits_pattern(each.pattern, name)) {
      const auto* stub = stub_of(names.module);
      if (stub != nullptr && stub->bindings.contains(name))
        return yes(library_.files.find_stub(names.module));
      improve(best, unknown(where + " binds names computed at run time"));
    }
  }
  return best;
}

/// Whether a loop over such a list binds a name.
Answer NameResolver::by_list(const ModuleNames& names, const ListedNames& list, const std::string& where,
                             const std::string& name, int depth) {
  const auto module = object_module(names, list.object, depth + 1);
  const auto* stub = stub_of(module);
  const auto* own = stub == nullptr ? stub_of(names.module) : nullptr;
  if (own != nullptr && own->bindings.contains(name)) return yes(library_.files.find_stub(names.module));
  if (!list.keeps(name)) return no("");
  const auto binds = fmt::format("{}, for each name in {}", where, list.object);
  if (stub != nullptr && stub->bindings.contains(name)) return yes(binds);
  if (stub != nullptr && !library_.rules->unlisted.contains(fmt::format("{}:{}", module, name)))
    return no("");
  if (stub == nullptr && !module.empty() && locate(module, depth + 1).kind == Located::Kind::found) {
    const auto has = member(module, name, depth + 1, Reach::attribute);
    if (has.verdict == Verdict::no) return no("");
    if (has.verdict == Verdict::yes && (!list.functions || is_function(module, name, depth)))
      return yes(binds);
  }
  return unknown(fmt::format("{} may bind it, for each name in {}", where, list.object));
}

bool NameResolver::is_function(const std::string& module, const std::string& name, int depth) {
  const auto values = values_of(module, name, depth + 1);
  return std::all_of(values.begin(), values.end(), [](const BoundValue& value) {
    return value.kind == BoundValue::Kind::function && !value.names->is_stub;
  });
}

/// What the first loop that brings a name binds it to.
BoundValues NameResolver::values_of_listings(const ModuleNames& names, const std::string& file,
                                             const std::string& name, int depth) {
  for (const auto& each : names.computed) {
    if (!each.listed) continue;
    const auto module = object_module(names, each.listed->object, depth + 1);
    const auto* stub = stub_of(module);
    if (stub != nullptr && stub->bindings.contains(name))
      return values_in(*stub, library_.files.find_stub(module), name, depth + 1);
    if (stub != nullptr || by_list(names, *each.listed, {}, name, depth).verdict != Verdict::yes) continue;
    return each.value.empty() ? values_of(module, name, depth + 1)
                              : evaluate(names, file, each.value, depth + 1);
  }
  return {};
}

}  // namespace launch::pysource
