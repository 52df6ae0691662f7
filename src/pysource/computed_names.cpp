// Names that a module's code computes: globals()[KEY] = VALUE, also for each name that another object has.
#include <algorithm>
#include <utility>

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
  if (stub == nullptr && !described(names, name).empty()) return yes(library_.files.find_stub(names.module));
  if (!list.keeps(name)) return no("");
  const auto binds = fmt::format("{}, for each name in {}", where, list.object);
  if (stub != nullptr && stub->bindings.contains(name)) return yes(binds);
  if (stub != nullptr && !library_.rules->unlisted.contains(fmt::format("{}:{}", module, name))) {
    const auto found = library_.rules->complete_stubs.contains(module) ? Mention::none : mention(name);
    if (found == Mention::none || found == Mention::end) return no("");
  }
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
    if (const auto own = described(names, name); !own.empty())
      return values_in(*stub_of(names.module), library_.files.find_stub(names.module), own, depth + 1);
    if (each.value.empty()) return values_of(module, name, depth + 1);
    // Its value may be made of the loop's variable.
    const auto variable = std::pair(&names, each.listed->attribute);
    const auto outer = std::exchange(loops_[variable], {module, name});
    auto values = evaluate(names, file, each.value, depth + 1);
    loops_[variable] = outer;
    return values;
  }
  return {};
}

/// How a module's own stub spells a name that a loop brings; empty if it does not list it. Beside the class
/// `max`, for results of torch.max, C++ makes `max_out` with the same attributes.
std::string NameResolver::described(const ModuleNames& names, const std::string& name) {
  const auto* stub = stub_of(names.module);
  if (stub == nullptr || stub->bindings.contains(name)) return stub == nullptr ? "" : name;
  const auto& sequences = library_.rules->struct_sequences;
  const auto found = sequences.find(names.module);
  if (found == sequences.end() || !name.ends_with(found->second)) return "";
  auto base = name.substr(0, name.size() - found->second.size());
  return stub->bindings.contains(base) && mention(name) == Mention::whole ? base : "";
}

}  // namespace launch::pysource
