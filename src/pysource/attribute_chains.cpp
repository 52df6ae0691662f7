#include "pysource/attribute_chains.hpp"

#include <algorithm>
#include <utility>

#include "pysource/conditional_parts.hpp"
#include "pysource/format_fields.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {
namespace {

/// "a.b", or one of them if the other is empty.
std::string joined(std::string a, std::string_view b) {
  if (!a.empty() && !b.empty()) a += '.';
  return a.append(b);
}

/// Modules of settings refuse names that they do not have.
bool is_settings(std::string_view chain) {
  return chain.ends_with(".config") || chain.ends_with("._config") ||
         chain.find(".config.") != std::string_view::npos;
}

/// The tests in a field that decide about its uses.
void add_tests(const SourceTree& field, std::vector<AttributeUse>& uses) {
  const auto end = static_cast<std::uint32_t>(field.list().tokens.size());
  if (!has_conditions(field, {0, end})) return;
  const auto text_of = [&](TokenRange test) {
    const auto& last = field.token(test.last - 1);
    const auto start = field.token(test.first).offset;
    return std::string(field.list().source.substr(start, last.offset + last.length - start));
  };
  const auto visit = [&](TokenRange part, const std::vector<PartTest>& tests) {
    for (auto& use : uses) {
      if (use.token < part.first || use.token >= part.last) continue;
      std::vector<FieldTest> all;
      for (const auto& each : tests) {
        if (each.test.empty()) continue;
        all.push_back({std::make_shared<const SourceTree>("(" + text_of(each.test) + ")"), each.holds});
      }
      use.tests.insert(use.tests.begin(), all.begin(), all.end());
    }
  };
  ConditionalParts(
      field, [](TokenRange) { return true; }, visit)
      .in({0, end});
}

}  // namespace

bool makes_missing_names(const SourceTree& tree, std::uint32_t open, std::uint32_t last) {
  const auto behind = behind_bracket(tree, open, last);
  for (auto i = open; i + 2 < behind; ++i) {
    const bool creates = tree.is(i, "create") && tree.is(i + 2, "True");
    if ((creates || (tree.is(i, "raising") && tree.is(i + 2, "False"))) && tree.is(i + 1, "=")) return true;
  }
  return false;
}

void AttributeChains::add(Requirement requirement, std::uint32_t token, bool optional) {
  const bool elsewhere = requirement.tier == Tier::keyword && !aliases_.is_of_packages(requirement.module);
  result.uses.push_back({std::move(requirement), token, optional || place.suppressed > 0, false, false, {}});
  result.uses.back().elsewhere = elsewhere;
  depths.push_back(place.functions);
}

bool AttributeChains::is_stored(const Requirement& requirement) const {
  const auto full = requirement.module + "." + requirement.name;
  return std::any_of(stored_.begin(), stored_.end(),
                     [&](const std::string& stored) { return is_or_below(full, stored); });
}

/// Remembers where chains end that are stored to: the last name is not read.
void AttributeChains::stores(TokenRange target) {
  for (const auto part : split_range(tree_, without_brackets(tree_, target), ",")) {
    std::uint32_t end = 0;
    const auto dotted = dotted_name(tree_, part, &end);
    if (end == part.last && dotted.find('.') != std::string::npos) stored_ends_.push_back(end);
  }
}

void AttributeChains::expression(TokenRange range, const std::vector<TokenRange>& lazy,
                                 const std::vector<TokenRange>& targets) {
  const auto tokens = aliases_.tokens_in(range);
  if (tokens.empty()) return;
  stored_ends_.clear();
  for (const auto target : targets) stores(target);
  const auto shadowed = shadows(range);
  const auto before = result.uses.size();
  for (const auto token : tokens) {
    if (tree_.token(token).kind == TokenKind::string) {
      fields_in(token, shadowed);
      continue;
    }
    if (std::find(shadowed.begin(), shadowed.end(), tree_.text(token)) != shadowed.end()) continue;
    if (tree_.is(token, "super")) super_at(token, range);
    const bool label = token + 1 < range.last && tree_.is(token + 1, "=") && token > range.first;
    if (!label) chain_at(token, range);
  }
  for (auto i = before; i < result.uses.size(); ++i) {
    for (const auto& each : lazy) {
      const auto token = result.uses[i].token;
      if (token >= each.first && token < each.last) result.uses[i].type = true;
    }
  }
  defer(range, before);
  guards(range, before);
}

/// Uses in the fields of an f-string, where that stands.
void AttributeChains::fields_in(std::uint32_t string, const std::vector<std::string_view>& shadowed) {
  constexpr int kMostStrings = 4;
  if (strings_ == kMostStrings) return;
  for (const auto field : fields_of(tree_.text(string))) {
    const SourceTree source("(" + std::string(field) + ")");
    const auto end = static_cast<std::uint32_t>(source.list().tokens.size());
    bool is_shadowed = false;
    for (std::uint32_t i = 0; i < end && !is_shadowed; ++i)
      is_shadowed = std::find(shadowed.begin(), shadowed.end(), source.text(i)) != shadowed.end();
    const Aliases aliases(source, aliases_);
    if (is_shadowed || aliases.tokens().empty()) continue;
    AttributeChains inner(source, aliases);
    inner.strings_ = strings_ + 1;
    inner.result.groups = result.groups;
    inner.place = std::move(place);
    inner.expression({0, end});
    place = std::move(inner.place);
    result.groups = inner.result.groups;
    add_tests(source, inner.result.uses);
    for (auto& use : inner.result.uses) {
      use.token = string;
      result.uses.push_back(std::move(use));
    }
    depths.insert(depths.end(), inner.depths.begin(), inner.depths.end());
  }
}

/// What is in the body of a lambda is needed when that is called.
void AttributeChains::defer(TokenRange range, std::size_t before) {
  if (before == result.uses.size()) return;
  for (auto i = range.first; i < range.last; ++i) {
    if (!tree_.is_name(i) || !tree_.is(i, "lambda")) continue;
    const auto body = lambda_body(i, range.last);
    for (auto k = before; k < result.uses.size(); ++k) {
      const auto token = result.uses[k].token;
      if (token >= body.first && token < body.last) result.uses[k].later = true;
    }
  }
}

TokenRange AttributeChains::lambda_body(std::uint32_t lambda, std::uint32_t last) const {
  std::uint32_t start = 0;
  int heads = 0;  // of lambdas in its defaults
  for (auto i = lambda + 1; i < last; ++i) {
    if (tree_.is(i, "(") || tree_.is(i, "[") || tree_.is(i, "{")) {
      i = behind_bracket(tree_, i, last) - 1;
    } else if (tree_.is(i, "lambda")) {
      ++heads;
    } else if (tree_.is(i, ":") && heads > 0) {
      --heads;
    } else if (tree_.is(i, ":") && start == 0) {
      start = i + 1;
    } else if (tree_.is(i, ")") || tree_.is(i, "]") || tree_.is(i, "}") ||
               (start != 0 && (tree_.is(i, ",") || tree_.is(i, ":")))) {
      last = i;
    }
  }
  return start == 0 ? TokenRange{last, last} : TokenRange{start, last};
}

/// Names that comprehensions and lambdas in the expression bind.
std::vector<std::string_view> AttributeChains::shadows(TokenRange range) const {
  std::vector<std::string_view> names;
  for (auto i = range.first; i < range.last; ++i) {
    if (!tree_.is_name(i)) continue;
    const bool loop = tree_.text(i) == "for";
    if (!loop && tree_.text(i) != "lambda") continue;
    for (auto k = i + 1; k < range.last && !tree_.is(k, loop ? "in" : ":"); ++k) {
      if (tree_.is_name(k) && !tree_.is(k - 1, ".") && !tree_.is(k - 1, "=")) names.push_back(tree_.text(k));
    }
  }
  return names;
}

/// The bindings that the name has here, by Python's rules of scope.
const AliasBindings* AttributeChains::find(std::string_view name) const {
  for (std::size_t i = place.scopes.size(); i-- > 0;) {
    const auto& scope = place.scopes[i];
    if (scope.kind == ScopeKind::klass && i + 1 != place.scopes.size()) continue;
    const auto found = scope.names.find(name);
    if (found != scope.names.end() && !found->second.outer) return &found->second;
  }
  return nullptr;
}

/// The chain of names that are read. What is stored at its end is made here; modules of settings refuse it if
/// they do not know it, so there it belongs to the chain.
AttributeChains::Chain AttributeChains::chain_of(std::uint32_t token, TokenRange range,
                                                 const AliasBindings& bindings) {
  Chain chain{token, token + 1, {}};
  const auto target = resolved(bindings.targets.front());
  const auto start = joined(target.module, target.chain);
  while (chain.end + 1 < range.last && tree_.is(chain.end, ".") && tree_.is_name(chain.end + 1)) {
    const auto end = chain.end + 2;
    const bool stored = std::find(stored_ends_.begin(), stored_ends_.end(), end) != stored_ends_.end();
    if (stored && !is_settings(joined(start, chain.names))) {
      remember_store(bindings, chain, chain.end + 1);
      break;
    }
    chain.names = joined(std::move(chain.names), tree_.text(chain.end + 1));
    chain.end = end;
  }
  return chain;
}

bool AttributeChains::is_unsure(const AliasBindings& bindings, const AliasTarget& target) {
  return bindings.fallback && !(target.chain.empty() && target.module.find('.') == std::string::npos);
}

void AttributeChains::chain_at(std::uint32_t token, TokenRange range) {
  const auto* bindings = find(tree_.text(token));
  if (bindings == nullptr || bindings->other) return;
  if (bindings->is_class() && token + 1 < range.last && tree_.is(token + 1, "("))
    return keywords_of_class(*bindings, token + 1, range);
  if (bindings->targets.empty()) return;
  const auto chain = chain_of(token, range, *bindings);
  const bool several = bindings->targets.size() > 1;
  const auto group = result.groups;
  const auto before = result.uses.size();
  for (std::uint32_t i = 0; i < bindings->targets.size(); ++i) {
    const auto start = result.uses.size();
    uses_of(resolved(bindings->targets[i]), chain, range, is_unsure(*bindings, bindings->targets[i]));
    for (auto k = start; several && k < result.uses.size(); ++k) result.uses[k].choices.push_back({group, i});
  }
  if (several && before < result.uses.size()) ++result.groups;
}

/// The target of `NAME = CHAIN`, whose first name is another alias.
AliasTarget AttributeChains::resolved(AliasTarget target) const {
  for (int depth = 0; target.module.empty() && depth < 8; ++depth) {
    const auto dot = target.chain.find('.');
    const auto* bindings = find(std::string_view(target.chain).substr(0, dot));
    if (bindings == nullptr || bindings->other || bindings->targets.size() != 1) return {};
    const auto& next = bindings->targets.front();
    auto chain = next.chain;
    if (dot != std::string::npos) chain = joined(std::move(chain), target.chain.substr(dot + 1));
    target = {next.module, std::move(chain), next.elsewhere};
  }
  return target.module.empty() ? AliasTarget{} : target;
}

void AttributeChains::remember_store(const AliasBindings& bindings, const Chain& chain, std::uint32_t name) {
  for (const auto& each : bindings.targets) {
    const auto target = resolved(each);
    stored_.push_back(joined(joined(joined(target.module, target.chain), chain.names), tree_.text(name)));
  }
}

void AttributeChains::uses_of(const AliasTarget& target, const Chain& chain, TokenRange range, bool unsure) {
  if (target.module.empty()) return;
  const auto name = joined(target.chain, chain.names);
  if (target.elsewhere && !is_like_class(name)) return;
  if (!chain.names.empty() && !target.elsewhere)
    add({target.module, name, {}, Tier::attribute}, chain.first, unsure);
  const auto before = chain.first > range.first ? chain.first - 1 : chain.first;
  const bool argument = chain.first >= range.first + 2 && tree_.is(before, "(");
  const bool alone = chain.end < range.last && (tree_.is(chain.end, ",") || tree_.is(chain.end, ")"));
  if (argument && alone) {
    if (tree_.is(before - 1, "getattr") || patches(before - 1, range)) {
      if (!target.elsewhere) literal_attribute(target, name, chain, range, unsure);
      return;
    }
    if (tree_.is(before - 1, "partial") && !name.empty()) {
      const auto first = result.uses.size();
      keywords({target.module, name, {}, Tier::keyword}, before, range, unsure);
      for (auto i = first; i < result.uses.size(); ++i) result.uses[i].later = !decorates(before - 1, range);
      return;
    }
  }
  if (!name.empty() && chain.end < range.last && tree_.is(chain.end, "(")) {
    keywords({target.module, name, {}, Tier::keyword}, chain.end, range, unsure);
  }
}

/// True if the call whose dotted name ends there is a decorator, so that its result is called at once.
bool AttributeChains::decorates(std::uint32_t name, TokenRange range) const {
  while (name >= range.first + 2 && tree_.is(name - 1, ".")) name -= 2;
  return name > range.first && tree_.is(name - 1, "@");
}

/// `patch.object`, `monkeypatch.setattr` and `monkeypatch.delattr`, whose last name stands there.
bool AttributeChains::patches(std::uint32_t function, TokenRange range) const {
  if (function < range.first + 2 || !tree_.is(function - 1, ".")) return false;
  if (tree_.is(function, "object")) return tree_.is(function - 2, "patch");
  return tree_.is(function, "setattr") || tree_.is(function, "delattr");
}

/// `getattr(torch.nn, "Linear")`; with a default it is optional. `patch.object(torch.nn, "Linear")`.
void AttributeChains::literal_attribute(const AliasTarget& target, const std::string& name,
                                        const Chain& chain, TokenRange range, bool unsure) {
  const auto at = chain.end + 1;
  if (at + 1 >= range.last || !tree_.is(chain.end, ",") || tree_.token(at).kind != TokenKind::string) return;
  const auto text = plain_string(tree_.text(at));
  if (!text || text->empty() || text->find_first_of(". ") != std::string::npos) return;
  const auto open = chain.first - 1;
  const bool with_default = tree_.is(open - 1, "getattr")
                                ? tree_.is(at + 1, ",") && !(at + 2 < range.last && tree_.is(at + 2, ")"))
                                : makes_missing_names(tree_, open, range.last);
  add({target.module, joined(name, *text), {}, Tier::attribute}, at, unsure || with_default);
}

/// `hasattr(torch, "x") and torch.x()`: what is asked for is optional in the whole expression.
void AttributeChains::guards(TokenRange range, std::size_t before) {
  if (before == result.uses.size()) return;
  for (auto i = range.first; i + 4 < range.last; ++i) {
    if (!tree_.is(i, "hasattr") || !tree_.is(i + 1, "(")) continue;
    std::uint32_t end = 0;
    const auto dotted = dotted_name(tree_, {i + 2, range.last}, &end);
    if (end + 1 >= range.last || !tree_.is(end, ",") || tree_.token(end + 1).kind != TokenKind::string)
      continue;
    const auto text = plain_string(tree_.text(end + 1));
    const auto* bindings = find(std::string_view(dotted).substr(0, dotted.find('.')));
    if (!text || bindings == nullptr || bindings->targets.empty()) continue;
    const auto target = resolved(bindings->targets.front());
    const auto dot = dotted.find('.');
    const auto below = dot == std::string::npos ? std::string() : dotted.substr(dot + 1);
    const auto name = joined(joined(target.chain, below), *text);
    for (auto k = before; k < result.uses.size(); ++k) {
      auto& use = result.uses[k];
      if (use.requirement.module == target.module && is_or_below(use.requirement.name, name)) {
        use.optional = true;
      }
    }
  }
}

}  // namespace launch::pysource
