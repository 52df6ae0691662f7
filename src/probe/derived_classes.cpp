#include "probe/derived_classes.hpp"

#include <algorithm>

#include "pysource/requirement_names.hpp"

namespace launch::probe {
namespace {

using Kind = pysource::Expression::Kind;

constexpr int kMostFiles = 12;

std::string joined(std::string_view a, std::string_view b) {
  auto both = std::string(a);
  if (!a.empty() && !b.empty()) both += '.';
  return both.append(b);
}

/// "a.b" and "c" of "a.b.c".
std::pair<std::string_view, std::string_view> split_last(std::string_view dotted) {
  const auto dot = dotted.rfind('.');
  if (dot == std::string_view::npos) return {{}, dotted};
  return {dotted.substr(0, dot), dotted.substr(dot + 1)};
}

/// The file of a module, which its package may have bound to another.
std::optional<std::uint32_t> file_of(const pysource::SymbolTable& symbols, std::uint32_t from,
                                     std::int64_t dots, std::string_view module) {
  const auto [package, name] = split_last(module);
  if (!name.empty()) {
    const auto around = symbols.module(from, dots, package);
    const auto* bound = around ? symbols.find(*around, std::string(name)) : nullptr;
    if (bound != nullptr) {
      const auto& value = **bound;
      if (value.kind != Kind::external) return std::nullopt;
      return symbols.module(*around, value.number, joined(value.text, value.other));
    }
  }
  return symbols.module(from, dots, module);
}

}  // namespace

void DerivedClasses::add(std::uint32_t file, std::vector<pysource::DerivedClass> classes,
                         const std::vector<pysource::NameAlias>& aliases) {
  for (const auto& each : aliases) next_.emplace_back(each.name, each.alias);
  for (auto& each : classes) {
    const auto name = pysource::hash_of_name(each.name);
    next_.emplace_back(pysource::hash_of_name(split_last(each.base).second), name);
    if (roots_.contains(pysource::root_of(each.module))) names_.insert(name);
    classes_.push_back({file, std::move(each)});
  }
}

void DerivedClasses::finish() {
  std::sort(classes_.begin(), classes_.end());
  std::sort(next_.begin(), next_.end());
  std::vector<std::uint32_t> open(names_.begin(), names_.end());
  while (!open.empty()) {
    const auto name = open.back();
    open.pop_back();
    for (auto each = std::lower_bound(next_.begin(), next_.end(), std::pair(name, 0U));
         each != next_.end() && each->first == name; ++each) {
      if (names_.insert(each->second).second) open.push_back(each->second);
    }
  }
}

const pysource::DerivedClass* DerivedClasses::find(std::uint32_t file, const std::string& name) const {
  const auto found =
      std::lower_bound(classes_.begin(), classes_.end(), std::tie(file, name),
                       [](const Class& a, const auto& b) { return std::tie(a.file, a.klass.name) < b; });
  if (found == classes_.end() || found->file != file || found->klass.name != name) return nullptr;
  return &found->klass;
}

std::optional<DerivedClasses::Base> DerivedClasses::base_of(const pysource::SymbolTable& symbols,
                                                            std::uint32_t file, std::string_view module,
                                                            std::string_view name) const {
  if (!names_.contains(pysource::hash_of_name(split_last(name).second))) return std::nullopt;
  return found(symbols, file, module, name, 0);
}

std::optional<DerivedClasses::Base> DerivedClasses::found(const pysource::SymbolTable& symbols,
                                                          std::uint32_t file, std::string_view module,
                                                          std::string_view name, int depth) const {
  if (depth == kMostFiles) return std::nullopt;
  const auto dots = std::min(module.find_first_not_of('.'), module.size());
  const auto path = joined(module.substr(dots), name);
  const auto [inside, klass] = split_last(path);
  const auto place = file_of(symbols, file, static_cast<std::int64_t>(dots), inside);
  if (!place) return std::nullopt;
  const std::string last(klass);
  if (const auto* derived = find(*place, last); derived != nullptr) {
    if (roots_.contains(pysource::root_of(derived->module)))
      return Base{derived->module, derived->base, derived->optional};
    auto base = found(symbols, *place, derived->module, derived->base, depth + 1);
    if (base) base->optional = base->optional || derived->optional;
    return base;
  }
  const auto* bound = symbols.find(*place, last);
  if (bound == nullptr || (*bound)->kind != Kind::external || (*bound)->other.empty()) return std::nullopt;
  const auto from = std::string(static_cast<std::size_t>((*bound)->number), '.') + (*bound)->text;
  return found(symbols, *place, from, (*bound)->other, depth + 1);
}

}  // namespace launch::probe
