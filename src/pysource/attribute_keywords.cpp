// Keywords of calls, and of constructors of classes that are derived from those of the packages.
#include <algorithm>
#include <optional>
#include <utility>

#include "pysource/attribute_chains.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {
namespace {

/// nullopt: of a module.
std::optional<AttributeUse> use_of(const AliasTarget& target, std::uint32_t token, bool unsure) {
  if (target.chain.empty()) return std::nullopt;
  return AttributeUse{{target.module, target.chain, {}, Tier::attribute}, token, unsure};
}

}  // namespace

/// The names of the keyword arguments in the brackets that open at `open`.
void AttributeChains::keywords(const Requirement& called, std::uint32_t open, TokenRange range, bool unsure) {
  const auto behind = behind_bracket(tree_, open, range.last);
  for (const auto argument : split_range(tree_, {open + 1, behind - 1}, ",")) {
    const auto name = argument.first;
    if (name + 1 >= argument.last) continue;
    if (tree_.is(name, "**")) unpacked_keywords(called, {name + 1, argument.last}, unsure);
    if (!tree_.is_name(name) || !tree_.is(name + 1, "=")) continue;
    add_keyword(called, std::string(tree_.text(name)), name, unsure);
  }
}

/// Those of `**{"NAME": …}` and `**dict(NAME=…)`.
void AttributeChains::unpacked_keywords(const Requirement& called, TokenRange value, bool unsure) {
  if (tree_.is(value.first, "dict") && value.first + 1 < value.last && tree_.is(value.first + 1, "("))
    return keywords(called, value.first + 1, value, unsure);
  if (!tree_.is(value.first, "{") || behind_bracket(tree_, value.first, value.last) != value.last) return;
  for (const auto item : split_range(tree_, {value.first + 1, value.last - 1}, ",")) {
    const bool pair = item.first + 1 < item.last && tree_.is(item.first + 1, ":");
    if (!pair || tree_.token(item.first).kind != TokenKind::string) continue;
    if (auto text = plain_string(tree_.text(item.first)))
      add_keyword(called, *std::move(text), item.first, unsure);
  }
}

void AttributeChains::add_keyword(Requirement called, std::string keyword, std::uint32_t token, bool unsure) {
  called.keyword = std::move(keyword);
  const auto& literals = place.tested_literals;
  const bool tested = std::find(literals.begin(), literals.end(), called.keyword) != literals.end();
  add(std::move(called), token, unsure || tested);
}

std::vector<AttributeUse> AttributeChains::named(TokenRange name) {
  AttributeChains chains(tree_, aliases_);
  chains.place = std::move(place);
  chains.expression(name);
  place = std::move(chains.place);
  auto& uses = chains.result.uses;
  const auto* bindings = find(tree_.text(name.first));
  if (bindings == nullptr || bindings->other) return std::move(uses);
  if (name.last - name.first > 1) {
    auto use = use_of(resolved({{}, dotted_name(tree_, name)}), name.first, false);
    if (use && !aliases_.is_of_packages(use->requirement.module)) uses.push_back(*std::move(use));
    return std::move(uses);
  }
  if (bindings->is_class()) return of_base(*bindings, name.first);
  for (const auto& each : bindings->targets) {
    if (auto use = use_of(resolved(each), name.first, is_unsure(*bindings, each)))
      uses.push_back(*std::move(use));
  }
  return std::move(uses);
}

std::vector<AttributeUse> AttributeChains::of_base(const AliasBindings& klass, std::uint32_t token) const {
  constexpr int kMostClasses = 8;
  const auto* found = &klass;
  for (int depth = 0; depth < kMostClasses; ++depth) {
    const auto& base = found->base;
    const auto* next = find(std::string_view(base).substr(0, base.find('.')));
    if (next == nullptr || next->other) return {};
    if (!next->is_class()) {
      const auto target = resolved({{}, base});
      auto use = use_of(target, token, is_unsure(*next, target));
      return use ? std::vector{*std::move(use)} : std::vector<AttributeUse>{};
    }
    if (base.find('.') != std::string::npos) return {};
    found = next;
  }
  return {};
}

std::vector<DerivedClass> AttributeChains::classes() const {
  std::vector<DerivedClass> found;
  for (const auto& [name, bindings] : place.scopes.front().names) {
    if (!bindings.is_class()) continue;
    for (auto& base : of_base(bindings, 0)) {
      auto& [module, chain, keyword, tier] = base.requirement;
      found.push_back({std::string(name), std::move(module), std::move(chain), base.optional});
    }
  }
  return found;
}

/// Of the call of a class without a constructor of its own.
void AttributeChains::keywords_of_class(const AliasBindings& klass, std::uint32_t open, TokenRange range) {
  for (const auto& base : of_base(klass, open))
    keywords({base.requirement.module, base.requirement.name, {}, Tier::keyword}, open, range, base.optional);
}

/// `super().__init__(keyword=…)` in the constructor of a class with one base.
void AttributeChains::super_at(std::uint32_t token, TokenRange range) {
  const auto& scopes = place.scopes;
  if (scopes.size() < 2 || scopes.back().name != "__init__") return;
  const auto& klass = scopes[scopes.size() - 2];
  const auto open = behind_bracket(tree_, token + 1, range.last) + 2;
  if (klass.kind != ScopeKind::klass || klass.bases.size() != 1 || open >= range.last) return;
  const auto& base = klass.bases.front();
  keywords({base.requirement.module, base.requirement.name + ".__init__", {}, Tier::keyword}, open, range,
           base.optional);
}

}  // namespace launch::pysource
