#include "probe/call_graph.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace launch::probe {
namespace {

using Kind = pysource::CodeUnit::Kind;

// What takes more is taken to be reached.
constexpr int kMostSteps = 20000;
constexpr int kMostNested = 200;

/// The better of two ways.
Reached better(Reached a, Reached b) {
  if (a == Reached::cycle) return b;
  return b == Reached::cycle ? a : std::min(a, b);
}

/// Names of methods that Python, or what runs the tests, calls.
bool is_special(std::string_view name) {
  return (name.starts_with("__") && name.ends_with("__")) || name.starts_with("setUp") ||
         name.starts_with("tearDown") || name.starts_with("test_");
}

}  // namespace

std::uint32_t CallGraph::add(pysource::CallSites calls, bool is_package) {
  const auto file = static_cast<std::uint32_t>(first_units_.size());
  const auto unit = static_cast<std::uint32_t>(units_.size());
  const auto site = static_cast<std::uint32_t>(sites_.size());
  first_units_.push_back(unit);
  first_passed_.push_back(static_cast<std::uint32_t>(passed_.size()));
  is_package_.push_back(is_package);
  for (auto& each : calls.units) {
    const bool open = each.is_called || is_special(each.name);
    units_.push_back({each.kind, pysource::hash_of_name(each.name), unit + each.owner, file, open,
                      each.of_object, std::move(each.gates)});
  }
  for (auto& each : calls.sites)
    sites_.push_back({unit + each.unit, file, each.guarded, std::move(each.gates), each.imports});
  for (const auto& each : calls.names) names_.push_back({each.name, site + each.site, each.how});
  for (auto& each : calls.modules) {
    each.site += site;
    if (each.passed != 0) passed_.push_back({{}, each.passed_before});
  }
  imports_.push_back({std::move(calls.modules)});
  aliases_.insert(aliases_.end(), calls.aliases.begin(), calls.aliases.end());
  return unit;
}

void CallGraph::find_packages(const pysource::SymbolTable& symbols) {
  for (std::uint32_t file = 0; file < is_package_.size(); ++file) {
    auto found = symbols.module(file, is_package_[file] ? 2 : 1, {});
    if (found && (*found == file || !is_package_[*found])) found.reset();
    if (is_package_[file] && !found) units_[first_units_[file]].open = true;
    packages_.push_back(found);
  }
}

bool CallGraph::is_within(std::uint32_t file, std::optional<std::uint32_t> package) const {
  for (std::optional<std::uint32_t> each = file; each; each = packages_[*each]) {
    if (each == package) return true;
  }
  return false;
}

void CallGraph::finish(const pysource::SymbolTable& symbols) {
  find_packages(symbols);
  // Only names of the tree's own code matter, under which name they may be called.
  std::set<std::uint32_t> defined;
  for (const auto& unit : units_) {
    if (unit.kind != Kind::module) defined.insert(unit.name);
  }
  std::map<std::uint32_t, std::vector<std::uint32_t>> aliased;  // names of an alias
  for (const auto& each : aliases_) {
    if (defined.contains(each.name)) aliased[each.alias].push_back(each.name);
  }
  std::vector<pysource::NameSite> names;
  for (const auto& each : names_) {
    if (defined.contains(each.name)) names.push_back(each);
    if (const auto found = aliased.find(each.name); found != aliased.end()) {
      // Under its alias it is imported here.
      imported_.insert({sites_[each.site].file, found->second.front()});
      for (const auto name : found->second) names.push_back({name, each.site, each.how});
    }
  }
  std::sort(names.begin(), names.end(),
            [](const pysource::NameSite& a, const pysource::NameSite& b) { return a.name < b.name; });
  names_ = std::move(names);
  find_imports(symbols);
  imports_.clear();
  aliases_.clear();
}

void CallGraph::find_imports(const pysource::SymbolTable& symbols) {
  needed_.resize(imports_.size());
  for (std::uint32_t file = 0; file < imports_.size(); ++file) {
    std::uint32_t order = 0;
    for (const auto& each : imports_[file].modules) {
      if (each.name == "*") stars_.insert(file);
      const auto add = [&](std::string_view module) {
        for (auto found = symbols.module(file, each.dots, module); found && *found != file;
             found = packages_[*found]) {
          importers_[*found].push_back(each.site);
          if (is_within(file, found)) continue;
          if (each.always) needed_[file].push_back({order, *found});
          if (each.passed != 0) passed_[first_passed_[file] + each.passed - 1].files.push_back(*found);
        }
      };
      add(each.module);
      if (!each.name.empty()) {
        imported_.insert({file, pysource::hash_of_name(each.name)});
        add(each.module.empty() ? each.name : each.module + "." + each.name);
      }
      ++order;
    }
  }
}

Reached CallSearch::reached(std::uint32_t unit, pysource::ImportsBefore imports) {
  steps_ = 0;
  return std::max(this->unit(unit), behind_imports(unit, imports));
}

/// Whether what is imported before that place, by its module or by its own code, comes to its end.
Reached CallSearch::behind_imports(std::uint32_t unit, pysource::ImportsBefore imports) {
  const auto& code = graph_.units_[unit];
  const auto result = code.kind == Kind::module ? ends().before(code.file, imports.count) : Reached::yes;
  return std::max(result, passed(code.file, imports.passed));
}

/// Whether what code has imported comes to its end, up to the import of that number.
Reached CallSearch::passed(std::uint32_t file, std::uint32_t number) {
  const auto first = graph_.first_passed_[file];
  std::vector<std::uint32_t> open;
  for (; number != 0 && !passed_.contains(first + number); number = graph_.passed_[first + number - 1].before)
    open.push_back(number);
  auto result = number == 0 ? Reached::yes : passed_[first + number];
  for (auto next = open.rbegin(); next != open.rend(); ++next) {
    for (const auto imported : graph_.passed_[first + *next - 1].files)
      result = std::max(result, ends().of_import(imported, file));
    passed_[first + *next] = result;
  }
  return result;
}

ImportEnds& CallSearch::ends() {
  if (ends_) return *ends_;
  std::vector<Reached> own;
  for (std::uint32_t file = 0; file < graph_.first_units_.size(); ++file) {
    const auto& gates = graph_.units_[graph_.first_units_[file]].gates;
    own.push_back(gates.empty() ? Reached::yes : passes_(gates, file));
  }
  return ends_.emplace(graph_.needed_, std::move(own));
}

Reached CallSearch::unit(std::uint32_t number) {
  if (depth_ > kMostNested || ++steps_ > kMostSteps) return Reached::yes;
  const auto [known, added] = known_.try_emplace(number);
  if (!added) {
    if (known->second.looking == 0) return known->second.reached;
    cycle_ = std::min(cycle_, known->second.looking);
    return Reached::cycle;
  }
  known->second.looking = ++depth_;
  const auto outer = std::exchange(cycle_, kNoCycle);
  auto result = look_for(graph_.units_[number]);
  if (result == Reached::cycle && cycle_ >= depth_) result = outside(graph_.units_[number]);
  // What a cycle has closed may be open from elsewhere.
  if (result == Reached::yes || cycle_ >= depth_) {
    known_[number] = {result, 0};
    cycle_ = outer;
  } else {
    known_.erase(number);
    cycle_ = std::min(cycle_, outer);
  }
  --depth_;
  return result;
}

Reached CallSearch::look_for(const Unit& unit) {
  if (unit.kind == Kind::module) return unit.open ? Reached::yes : module(unit);
  // A module whose import may fail has been imported when its functions run.
  auto result = this->unit(unit.owner);
  if (result == Reached::caught) result = Reached::yes;
  if (unit.of_object) result = std::max(result, ended(unit.owner));
  if (result != Reached::no) result = std::max(result, unit.open ? outside(unit) : referred(unit));
  return result;
}

/// Whether the import of a module, or the construction of a class's objects, comes to its end.
Reached CallSearch::ended(std::uint32_t unit) {
  const auto& code = graph_.units_[unit];
  if (code.kind == Kind::module) return ends().of(code.file);
  return code.gates.empty() ? Reached::yes : passes_(code.gates, code.file);
}

Reached CallSearch::site(std::uint32_t number) {
  const auto& site = graph_.sites_[number];
  const auto way = unit(site.unit);
  if (way == Reached::cycle) return way;  // whatever its gates do
  const auto gates = site.gates.empty() ? Reached::yes : passes_(site.gates, site.file);
  const auto result = std::max({gates, way, behind_imports(site.unit, site.imports)});
  return site.guarded ? std::max(result, Reached::caught) : result;
}

/// How code comes to run by something unseen: after the import of its module, or of a module's package.
Reached CallSearch::outside(const Unit& unit) {
  if (unit.kind != Kind::module) return ended(graph_.first_units_[unit.file]);
  const auto package = graph_.packages_[unit.file];
  return package ? ended(graph_.first_units_[*package]) : Reached::yes;
}

/// A module is imported after the package that it is in, or by it and what it imports.
Reached CallSearch::module(const Unit& unit) {
  const auto found = graph_.importers_.find(unit.file);
  const auto package = graph_.packages_[unit.file];
  const auto outside = this->outside(unit);
  auto best = found == graph_.importers_.end() ? outside : Reached::cycle;
  if (found != graph_.importers_.end()) {
    for (const auto each : found->second) {
      const auto way = site(each);
      const bool within = way == Reached::cycle || graph_.is_within(graph_.sites_[each].file, package);
      best = better(best, within ? way : std::max(way, outside));
      if (best == Reached::yes) break;
    }
  }
  return package ? std::max(best, this->unit(graph_.first_units_[*package])) : best;
}

/// Whether what stands at a site may be the unit.
bool CallSearch::means(const pysource::NameSite& name, const Unit& unit) const {
  using How = pysource::NameSite::How;
  if (name.how == How::text) return true;
  if (unit.kind == Kind::method) return name.how != How::bare;
  if (name.how != How::bare) return name.how == How::attribute;
  const auto file = graph_.sites_[name.site].file;
  return file == unit.file || graph_.imported_.contains({file, unit.name}) || graph_.stars_.contains(file);
}

Reached CallSearch::referred(const Unit& unit) {
  const auto [first, last] = std::equal_range(
      graph_.names_.begin(), graph_.names_.end(), pysource::NameSite{unit.name, 0},
      [](const pysource::NameSite& a, const pysource::NameSite& b) { return a.name < b.name; });
  bool any = false;
  auto best = Reached::cycle;
  for (auto each = first; each != last && best != Reached::yes; ++each) {
    if (!means(*each, unit)) continue;
    any = true;
    const auto way = site(each->site);
    const bool within = way == Reached::cycle || graph_.sites_[each->site].file == unit.file;
    best = better(best, within ? way : std::max(way, outside(unit)));
  }
  return any ? best : outside(unit);
}

}  // namespace launch::probe
