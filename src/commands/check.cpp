#include "commands/check.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/check_baseline.hpp"
#include "commands/check_history.hpp"
#include "commands/check_wheels.hpp"
#include "commands/scan_paths.hpp"
#include "probe/findings.hpp"
#include "probe/platforms.hpp"
#include "probe/read_source.hpp"
#include "project/import_names.hpp"
#include "pysource/requirement_names.hpp"
#include "pysource/standard_library.hpp"
#include "specs/name.hpp"

namespace launch::commands {
namespace {

/// Where wheels come from.
struct Sources {
  const project::Site& site;
  const store::Store& store;
  net::HttpClient& http;
};

bool is_part_of_python(const std::string& root) {
  return pysource::is_standard_library(root) || root == "__main__";
}

std::vector<std::string> normalized(const std::vector<std::string>& packages) {
  std::vector<std::string> names;
  names.reserve(packages.size());
  for (const auto& package : packages) names.push_back(specs::normalize_name(package));
  return names;
}

/// Checks the names of some code.
class Check {
 public:
  Check(const CheckRequest& request, const Context& context, const Sources& sources, CheckSubject subject,
        probe::ImportedModules imports)
      : request_(request),
        context_(context),
        sources_(sources),
        subject_(std::move(subject)),
        imports_(std::move(imports)),
        own_(subject_.paths, imports_, context) {}

  Result<probe::CheckReport> run() {
    TRY_ASSIGN(auto wheels, open_wheels());
    probe::PlatformApis platforms(std::move(wheels));
    choose_roots(platforms);
    context_.reporter.status("reading the code");
    TRY_ASSIGN(scan_, probe::scan_tree(subject_.paths, roots_));
    warn_of_problems(scan_, context_.reporter);
    probe::CheckReport report;
    report.files = scan_.files;
    report.problems = scan_.problems;
    report.left_out = scan_.left_out;
    report.fail_on = request_.fail_on;
    TRY(find_providers());
    for (const auto& [requirement, answer] : unprovided_) report.unprovided.insert(requirement);
    context_.reporter.status("reading the wheels");
    TRY_ASSIGN(report.platforms, platforms.ask(scan_, rules()));
    count_not_checked(report);
    if (request_.from) TRY(ask_earlier(report));
    TRY_ASSIGN(report.baseline, read_baseline(request_, context_));
    TRY(give_advice(report, platforms));
    if (request_.history)
      add_history(report, request_, subject_.lock ? &subject_.lock->lock : nullptr, context_);
    TRY(add_lines(report));
    return report;
  }

 private:
  Result<std::vector<probe::OpenedWheels>> open_wheels() {
    if (!subject_.lock) {
      const auto& query = std::get<probe::ReleaseQuery>(request_.wheels);
      context_.reporter.status(fmt::format("looking for torch {}", query.version));
      std::vector<probe::OpenedWheels> wheels;
      TRY_ASSIGN(auto opened, probe::open_release(query, sources_.site, sources_.store, sources_.http));
      wheels.push_back(std::move(opened));
      return wheels;
    }
    context_.reporter.status("opening the locked wheels");
    return during(open_locked(), fmt::format("checking against {}", subject_.shown));
  }

  Result<std::vector<probe::OpenedWheels>> open_locked() {
    const auto& lock = subject_.lock->lock;
    const auto locate = locate_in(lock.provenance, sources_.site, subject_.further, sources_.http);
    const auto packages = normalized(std::get<LockedWheels>(request_.wheels).packages);
    if (!packages.empty())
      return probe::open_locked_wheels(lock, packages, locate, sources_.store, sources_.http);
    TRY_ASSIGN(lock_wheels_, probe::LockWheels::of(lock, locate, sources_.store, sources_.http));
    std::set<std::string> modules;
    std::set<std::string, std::less<>> roots;
    for (const auto& [root, names] : imports_.names) {
      if (!is_asked(root)) continue;
      modules.insert(names.begin(), names.end());
      roots.insert(root);
    }
    TRY(lock_wheels_->open_for(modules));
    for (const auto& module : modules) {
      if (!own_.has_named(std::string(pysource::root_of(module)))) TRY(lock_wheels_->provides(module));
    }
    return lock_wheels_->take(roots);
  }

  bool is_chosen(const std::string& root) const {
    const auto& only = request_.modules;
    return only.empty() || std::find(only.begin(), only.end(), root) != only.end();
  }

  /// True if all wheels of a lock are asked for names of that top-level module.
  bool is_asked(const std::string& root) const {
    return is_chosen(root) && !is_part_of_python(root) && !own_.has(root);
  }

  /// The top-level modules whose names are looked for: those of the wheels, and what none of them provides.
  void choose_roots(const probe::PlatformApis& platforms) {
    for (const auto& root : platforms.roots()) {
      if (lock_wheels_ ? is_asked(root) : is_chosen(root)) roots_.insert(root);
    }
    for (const auto& [root, names] : imports_.names) {
      if (lock_wheels_ && is_asked(root) && !own_.has_named(root)) roots_.insert(root);
    }
    if (roots_.empty()) roots_.insert("-");  // matches no module; an empty set would match all
  }

  Result<void> find_providers() {
    if (!lock_wheels_) return {};
    for (const auto& name : scan_.names) {
      // Only an import needs the module; what an attribute names may be no module.
      const auto& requirement = name.requirement;
      const bool is_import = requirement.tier == pysource::Tier::import;
      TRY_ASSIGN(const bool found,
                 lock_wheels_->provides(is_import ? pysource::full_name(requirement) : requirement.module));
      if (!found) unprovided_.emplace(requirement, why_unprovided(requirement));
    }
    return {};
  }

  probe::AskRules rules() {
    probe::AskRules rules;
    if (!lock_wheels_) return rules;
    rules.settled = [this](const auto& requirement) { return settled(requirement); };
    rules.provided = [this](std::string_view root) { return lock_wheels_->provides_by_name(root); };
    rules.roots = roots_;
    return rules;
  }

  /// The answer on a name that no wheel of the lock has a module for.
  std::optional<pysource::Answer> settled(const pysource::Requirement& requirement) {
    const auto unprovided = unprovided_.find(requirement);
    if (unprovided != unprovided_.end()) return unprovided->second;
    const auto found = lock_wheels_->provides(requirement.module);
    if (!found || *found || !roots_.contains(pysource::root_of(requirement))) return std::nullopt;
    return why_unprovided(requirement);
  }

  /// Nobody knows the modules of a package without a wheel.
  pysource::Answer why_unprovided(const pysource::Requirement& requirement) {
    const auto package = project::package_of_module(pysource::full_name(requirement));
    const auto& others = lock_wheels_->without_wheels();
    if (std::find(others.begin(), others.end(), package) != others.end())
      return {pysource::Verdict::unknown, fmt::format("{} is locked without a wheel", package)};
    const auto module =
        lock_shares(requirement) ? pysource::full_name(requirement) : pysource::root_of(requirement);
    auto reason = fmt::format("no locked wheel provides {}", module);
    if (pysource::may_be_another(requirement))
      return {pysource::Verdict::unknown, fmt::format("{}, but {}", reason, pysource::kMayBeAnother)};
    if (others.empty()) return {pysource::Verdict::no, std::move(reason)};
    return {pysource::Verdict::unknown,
            fmt::format("{}, and the lock has no wheel of {}", reason, join_words(others, "or"))};
  }

  /// True if wheels have parts of the namespace package that the name would be in.
  bool lock_shares(const pysource::Requirement& requirement) {
    return lock_wheels_->provides(pysource::root_of(requirement)).value_or(false);
  }

  void count_not_checked(probe::CheckReport& report) const {
    for (const auto& [root, names] : imports_.names) {
      if (roots_.contains(root) || is_part_of_python(root) || own_.has_named(root) || own_.has(root))
        continue;
      report.not_checked.push_back({root, names.size()});
    }
    std::stable_sort(report.not_checked.begin(), report.not_checked.end(),
                     [](const auto& a, const auto& b) { return a.names > b.names; });
    report.not_checked_reason = !request_.modules.empty() ? "excluded by --module"
                                : subject_.lock           ? "excluded by --package"
                                                          : "no wheel given";
  }

  Result<void> ask_earlier(probe::CheckReport& report) const {
    auto query = std::get<probe::ReleaseQuery>(request_.wheels);
    query.version = *request_.from;
    context_.reporter.status(fmt::format("looking for torch {}", query.version));
    TRY_ASSIGN(auto opened, during(probe::open_release(query, sources_.site, sources_.store, sources_.http),
                                   "looking for the release of --from"));
    probe::Earlier earlier{opened.asked.front(), {}};
    std::vector<probe::OpenedWheels> wheels;
    wheels.push_back(std::move(opened));
    probe::PlatformApis apis(std::move(wheels));
    TRY_ASSIGN(auto answers, apis.ask(scan_));
    earlier.names = std::move(answers.front().names);
    report.earlier = std::move(earlier);
    return {};
  }

  Result<void> give_advice(probe::CheckReport& report, probe::PlatformApis& platforms) const {
    std::vector<std::set<pysource::Requirement>> missing(report.platforms.size());
    for (const auto& finding : probe::findings_of(report)) {
      for (const auto platform : finding.platforms) {
        const auto& name = report.platforms[platform].names[finding.name];
        const bool helps =
            finding.standing == probe::Standing::fails || finding.standing == probe::Standing::warned;
        if (helps && name.answer.verdict == pysource::Verdict::no &&
            !unprovided_.contains(name.requirement) &&
            !report.platforms[platform].unusable.contains(name.requirement) &&
            name.requirement.tier != pysource::Tier::keyword) {
          missing[platform].insert(name.requirement);
        }
      }
    }
    for (std::size_t i = 0; i < missing.size(); ++i) {
      TRY_ASSIGN(auto advice, platforms.look_elsewhere(i, {missing[i].begin(), missing[i].end()}));
      report.advice.merge(advice);
    }
    return {};
  }

  Result<void> add_lines(probe::CheckReport& report) const {
    std::map<std::string, std::set<std::uint32_t>> wanted;
    for (const auto& finding : probe::findings_of(report)) {
      for (const auto use : finding.uses) {
        const auto& place = report.platforms.front().names[finding.name].uses[use].use;
        wanted[place.file].insert(place.line);
        for (const auto platform : finding.platforms) {
          const auto& gates = report.platforms[platform].names[finding.name].uses[use].passed_lines;
          wanted[place.file].insert(gates.begin(), gates.end());
        }
      }
    }
    for (const auto& [file, numbers] : wanted) {
      TRY_ASSIGN(const auto text, probe::read_source(scan_.places.at(file)));
      const auto all = lines(text);
      for (const auto number : numbers) {
        if (number >= 1 && number <= all.size())
          report.lines.emplace(std::pair(file, number), std::string(all[number - 1]));
      }
    }
    return {};
  }

  const CheckRequest& request_;
  const Context& context_;
  const Sources& sources_;
  CheckSubject subject_;
  probe::ImportedModules imports_;
  OwnCode own_;
  probe::TreeScan scan_;
  std::optional<probe::LockWheels> lock_wheels_;  // of a lock of which all packages are asked
  std::map<pysource::Requirement, pysource::Answer> unprovided_;
  std::set<std::string, std::less<>> roots_;  // of the names that are looked for
};

}  // namespace

Result<probe::CheckReport> check(const CheckRequest& request, const Context& context) {
  std::optional<Workspace> workspace;
  if (std::holds_alternative<LockedWheels>(request.wheels)) {
    TRY_ASSIGN(workspace, open_workspace(context));
  }
  TRY_ASSIGN(const auto site, workspace ? Result<project::Site>(workspace->site) : load_site(context));
  TRY_ASSIGN(const auto store, open_store(context, site));
  const auto http = open_http(context, site);
  const Sources sources{site, store, *http};
  TRY_ASSIGN(auto subject, subject_of_check(request, context, workspace ? &*workspace : nullptr));
  context.reporter.status("reading the code");
  TRY_ASSIGN(auto imports, probe::list_imports(subject.paths));
  TRY_ASSIGN(auto report, Check(request, context, sources, std::move(subject), std::move(imports)).run());
  TRY(require_no_stop(context));
  TRY(write_baseline(request, report, context));
  return report;
}

}  // namespace launch::commands
