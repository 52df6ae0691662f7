#include "pysource/code_names.hpp"

#include <algorithm>
#include <iterator>

namespace launch::pysource {
namespace {

/// True for the same condition, apart from where the code says it.
bool same(const Condition& a, const Condition& b) {
  return a == b || (a->kind == b->kind && a->flag == b->flag && a->number == b->number &&
                    a->text == b->text && a->other == b->other && a->names == b->names &&
                    a->parts == b->parts && a->kind != Expression::Kind::imports);
}

/// What a flag is after `if flag and other: flag = False`: `flag and not other`. Null for anything else.
Condition narrowed(const std::string& name, const Condition& test, const Condition& yes,
                   const Condition& no) {
  using Kind = Expression::Kind;
  if (yes == nullptr || test->kind != Kind::all) return nullptr;
  if (yes->kind != Kind::boolean || yes->flag) return nullptr;
  std::vector<Condition> others;
  for (const auto& part : test->parts) {
    const bool is_flag = no != nullptr ? same(part, no) : part->kind == Kind::name && part->text == name;
    if (!is_flag) others.push_back(part);
  }
  if (others.empty() || others.size() == test->parts.size()) return nullptr;
  return make(Kind::all,
              {no != nullptr ? no : opaque(false), make(Kind::negation, {conjunction(std::move(others))})});
}

}  // namespace

void CodeNames::enter(Frame kind) {
  frames_.push_back({kind, {}, journal_.size()});
}

void CodeNames::leave() {
  journal_.resize(frames_.back().journal);
  frames_.pop_back();
}

bool CodeNames::in_function() const {
  return std::any_of(frames_.begin(), frames_.end(),
                     [](const Scope& scope) { return scope.kind == Frame::function; });
}

const Condition* CodeNames::find(std::string_view name, bool* of_module) const {
  for (auto scope = frames_.rbegin(); scope != frames_.rend(); ++scope) {
    if (scope->kind == Frame::klass && scope != frames_.rbegin()) continue;
    const auto found = scope->names.find(name);
    if (found == scope->names.end()) continue;
    if (of_module != nullptr) *of_module = scope->kind == Frame::module;
    return &found->second;
  }
  return nullptr;
}

Condition CodeNames::resolve(std::string_view name) const {
  bool of_module = false;
  const auto* found = find(name, &of_module);
  if (found == nullptr || (of_module && (in_function() || *found == nullptr)))
    return make(Expression::Kind::name, {}, std::string(name));
  return *found != nullptr ? *found : opaque(false);
}

const Expression* CodeNames::value(std::string_view name) const {
  const auto* found = find(name);
  return found == nullptr ? nullptr : found->get();
}

void CodeNames::bind(std::string_view name, Condition value) {
  auto& names = frames_.back().names;
  const std::string key(name);
  const auto found = names.find(key);
  journal_.push_back({key, found == names.end() ? std::nullopt : std::optional<Condition>(found->second)});
  names.insert_or_assign(key, std::move(value));
}

void CodeNames::forget(std::string_view name) {
  if (find(name) != nullptr) bind(name, nullptr);
}

void CodeNames::bind_member(const std::string& klass, std::string_view name, Condition value) {
  has_members_ = true;
  bind(klass + "." + std::string(name), std::move(value));
}

void CodeNames::enter_method(std::string_view self, std::string_view klass) {
  frames_.back().self = self;
  frames_.back().klass = klass;
}

std::string CodeNames::member(std::string_view object, std::string_view name) const {
  if (!has_members_) return {};
  auto klass = object;
  for (auto scope = frames_.rbegin(); scope != frames_.rend() && scope->kind == Frame::function; ++scope) {
    if (scope->names.contains(object)) return {};
    if (scope->self != object) continue;
    klass = scope->klass;
    break;
  }
  auto full = std::string(klass) + "." + std::string(name);
  const auto found = frames_.front().names.find(full);
  return found == frames_.front().names.end() || found->second == nullptr ? std::string() : full;
}

void CodeNames::make_volatile(std::string_view name) {
  volatile_.emplace_back(name);
  frames_.front().names.insert_or_assign(std::string(name), opaque(false));
}

std::vector<CodeNames::Change> CodeNames::take_back(std::size_t mark) {
  std::vector<Change> changes;
  auto& names = frames_.back().names;
  while (journal_.size() > mark) {
    auto& record = journal_.back();
    const auto known = std::find_if(changes.begin(), changes.end(),
                                    [&](const Change& change) { return change.name == record.name; });
    auto before = record.before.value_or(nullptr);
    if (known == changes.end()) {
      changes.push_back({record.name, before, names[record.name]});
    } else {
      known->before = before;
    }
    if (record.before) {
      names[record.name] = *std::move(record.before);
    } else {
      names.erase(record.name);
    }
    journal_.pop_back();
  }
  return changes;
}

void CodeNames::merge(const Condition& test, const std::vector<Change>& one,
                      const std::vector<Change>& other) {
  const auto in = [](const std::vector<Change>& changes, const std::string& name) {
    return std::find_if(changes.begin(), changes.end(),
                        [&](const Change& change) { return change.name == name; });
  };
  const auto bind_merged = [&](const std::string& name, const Condition& yes, const Condition& no) {
    if (yes == no) return bind(name, yes);
    if (yes == nullptr && no == nullptr) return bind(name, nullptr);
    if (auto value = narrowed(name, test, yes, no)) return bind(name, std::move(value));
    // A name that one way leaves unbound cannot be read after it, unless its value is known otherwise.
    bind(name, make(Expression::Kind::conditional,
                    {test, yes != nullptr ? yes : opaque(false), no != nullptr ? no : opaque(false)}));
  };
  for (const auto& change : one) {
    const auto same = in(other, change.name);
    bind_merged(change.name, change.after, same == other.end() ? change.before : same->after);
  }
  for (const auto& change : other) {
    if (in(one, change.name) == one.end()) bind_merged(change.name, change.before, change.after);
  }
}

std::unordered_map<std::string, Condition> CodeNames::take_module() {
  auto& own = frames_.front().names;
  std::unordered_map<std::string, Condition> names(std::make_move_iterator(own.begin()),
                                                   std::make_move_iterator(own.end()));
  std::erase_if(names, [](const auto& each) { return each.second == nullptr; });
  for (const auto& name : volatile_) names.insert_or_assign(name, opaque(false));
  return names;
}

}  // namespace launch::pysource
