#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fakes/values.hpp"
#include "resolve/provider.hpp"

namespace launch::resolve {

/// An index written down in a test: `provider.add("a", "1.0", {"b>=1", "c; extra == 'x'"})`.
class TableProvider final : public Provider {
 public:
  void add(const std::string& package, const std::string& version,
           const std::vector<std::string>& requirements = {}) {
    auto& entry = table_[package][*specs::Version::parse(version)];
    for (const auto& text : requirements) entry.requirements.push_back(*specs::Requirement::parse(text));
  }
  void add_unusable(const std::string& package, const std::string& version, const std::string& clause) {
    table_[package][*specs::Version::parse(version)].unusable = Reason{clause};
  }
  void take_prereleases(const std::string& package) { nightly_.insert(package); }
  void prefer(const std::string& package, const std::string& version) {
    preferred_.emplace(package, *specs::Version::parse(version));
  }

  const std::map<specs::Version, Dependencies>& versions(const std::string& package) const {
    static const std::map<specs::Version, Dependencies> none;
    const auto at = table_.find(package);
    return at == table_.end() ? none : at->second;
  }

  Result<std::vector<specs::Version>> candidates(const std::string& package) override {
    std::vector<specs::Version> out;
    const auto preferred = preferred_.find(package);
    if (preferred != preferred_.end()) out.push_back(preferred->second);
    const auto& known = versions(package);
    for (auto at = known.rbegin(); at != known.rend(); ++at) {
      if (preferred == preferred_.end() || at->first != preferred->second) out.push_back(at->first);
    }
    return out;
  }
  bool takes_prereleases(const std::string& package) override { return nightly_.count(package) != 0; }
  Reason absence(const std::string& package, const specs::SpecifierSet&) override {
    if (table_.count(package) == 0) return {fmt::format("the index has no project named {}", package)};
    return {fmt::format("the newest {} is {}", package, table_[package].rbegin()->first.text())};
  }
  Result<Dependencies> dependencies(const std::string& package, const specs::Version& version,
                                    const std::set<std::string>& extras) override {
    static const auto environment = specs::marker_environment(fakes::python("3.12"), fakes::x86());
    ++asked[package];
    Dependencies out;
    const auto& all = table_[package][version];
    out.unusable = all.unusable;
    for (const auto& requirement : all.requirements) {
      if (!requirement.marker || requirement.marker->evaluate(environment, extras)) {
        out.requirements.push_back(requirement);
      }
    }
    return out;
  }
  void prefetch_candidates(std::span<const std::string> packages) override {
    for (const auto& package : packages) prefetched.push_back(package);
  }
  void prefetch_dependencies(std::span<const PackageVersion> versions) override {
    for (const auto& [package, version] : versions) prefetched.push_back(package + " " + version.text());
    batches.push_back(versions.size());
  }

  std::map<std::string, int> asked;     ///< questions for dependencies
  std::vector<std::string> prefetched;  ///< in order
  std::vector<std::size_t> batches;     ///< number of versions prefetched together

 private:
  std::map<std::string, std::map<specs::Version, Dependencies>> table_;
  std::set<std::string> nightly_;
  std::map<std::string, specs::Version> preferred_;
};

}  // namespace launch::resolve
