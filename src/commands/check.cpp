#include "commands/check.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/check_baseline.hpp"
#include "commands/check_wheels.hpp"
#include "commands/scan_paths.hpp"
#include "locking/locate.hpp"
#include "probe/findings.hpp"
#include "probe/platforms.hpp"
#include "project/import_names.hpp"
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

std::string root_of(const pysource::Requirement& requirement) {
  return requirement.module.substr(0, requirement.module.find('.'));
}

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
        probe::TreeScan scan)
      : request_(request),
        context_(context),
        sources_(sources),
        subject_(std::move(subject)),
        scan_(std::move(scan)),
        own_(subject_.paths, scan_, context) {}

  Result<probe::CheckReport> run() {
    probe::CheckReport report;
    report.files = scan_.files;
    report.problems = scan_.problems;
    report.left_out = scan_.left_out;
    report.fail_on = request_.fail_on;
    TRY_ASSIGN(auto wheels, open_wheels());
    probe::PlatformApis platforms(std::move(wheels));
    roots_ = platforms.roots();
    context_.reporter.status("reading the wheels");
    probe::AskRules rules{[this](const auto& requirement) { return settled(requirement); }, {}};
    if (lock_wheels_) {
      rules.provided = [this](std::string_view root) { return lock_wheels_->provides_by_name(root); };
    }
    TRY_ASSIGN(report.platforms, platforms.ask(scan_.names, rules));
    for (auto& each : report.platforms) keep_asked(each.names);
    count_not_checked(report);
    for (const auto& [requirement, answer] : unprovided_) report.unprovided.insert(requirement);
    if (request_.from) TRY(ask_earlier(report));
    TRY_ASSIGN(report.baseline, read_baseline(request_, context_));
    TRY(give_advice(report, platforms));
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
    const auto origins = locking::origins_of(lock.provenance, sources_.site, subject_.further);
    const probe::LocateWheel locate = [this, origins](const auto& wheel) -> Result<specs::Url> {
      TRY_ASSIGN(const auto located, locking::locate_wheels({wheel}, origins, sources_.http));
      return *located.front().url;
    };
    const auto packages = normalized(std::get<LockedWheels>(request_.wheels).packages);
    if (!packages.empty())
      return probe::open_locked_wheels(lock, packages, locate, sources_.store, sources_.http);
    TRY_ASSIGN(lock_wheels_, probe::LockWheels::of(lock, locate, sources_.store, sources_.http));
    std::set<std::string> modules;
    std::set<std::string, std::less<>> roots;
    for (const auto& name : scan_.names) {
      if (!is_asked(name.requirement)) continue;
      modules.insert(full_name(name.requirement));
      roots.insert(root_of(name.requirement));
    }
    TRY(lock_wheels_->open_for(modules));
    for (const auto& name : scan_.names) {
      if (is_asked(name.requirement)) TRY(find_provider(name.requirement));
    }
    return lock_wheels_->take(roots);
  }

  static std::string full_name(const pysource::Requirement& requirement) {
    const bool is_module = requirement.name.empty() || requirement.name == "*";
    return is_module ? requirement.module : requirement.module + "." + requirement.name;
  }

  /// True if the wheels of a lock are asked for the name.
  bool is_asked(const pysource::Requirement& requirement) const {
    const auto root = root_of(requirement);
    const auto& only = request_.modules;
    if (!only.empty() && std::find(only.begin(), only.end(), root) == only.end()) return false;
    return !is_part_of_python(root) && !own_.has(root);
  }

  Result<void> find_provider(const pysource::Requirement& requirement) {
    TRY_ASSIGN(const bool found, lock_wheels_->provides(full_name(requirement)));
    if (found || own_.has_named(root_of(requirement))) return {};
    unprovided_.emplace(requirement, why_unprovided(requirement));
    return {};
  }

  /// Nobody knows the modules of a package without a wheel.
  pysource::Answer why_unprovided(const pysource::Requirement& requirement) {
    const auto package = project::package_of_module(full_name(requirement));
    const auto& others = lock_wheels_->without_wheels();
    if (std::find(others.begin(), others.end(), package) != others.end())
      return {pysource::Verdict::unknown, fmt::format("{} is locked without a wheel", package)};
    const auto module = lock_shares(requirement) ? full_name(requirement) : root_of(requirement);
    auto reason = fmt::format("no locked wheel provides {}", module);
    if (others.empty()) return {pysource::Verdict::no, std::move(reason)};
    return {pysource::Verdict::unknown,
            fmt::format("{}, and the lock has no wheel of {}", reason, join_words(others, "or"))};
  }

  /// True if wheels have parts of the namespace package that the name would be in.
  bool lock_shares(const pysource::Requirement& requirement) {
    return lock_wheels_->provides(root_of(requirement)).value_or(false);
  }

  /// What is known of a name that no wheel is asked for. It counts as there: an alternative to it is not
  /// needed.
  std::optional<pysource::Answer> settled(const pysource::Requirement& requirement) const {
    const auto unprovided = unprovided_.find(requirement);
    if (unprovided != unprovided_.end()) return unprovided->second;
    if (asks_wheels(requirement)) return std::nullopt;
    return pysource::Answer{pysource::Verdict::yes, "not asked for"};
  }

  bool asks_wheels(const pysource::Requirement& requirement) const {
    const auto root = root_of(requirement);
    const auto& only = request_.modules;
    if (!only.empty() && std::find(only.begin(), only.end(), root) == only.end()) return false;
    if (!roots_.contains(root)) return false;
    return !lock_wheels_ || is_asked(requirement);
  }

  void keep_asked(std::vector<probe::JudgedName>& names) const {
    std::erase_if(names, [&](const probe::JudgedName& name) {
      return !asks_wheels(name.requirement) && !unprovided_.contains(name.requirement);
    });
  }

  void count_not_checked(probe::CheckReport& report) const {
    std::map<std::string, std::size_t> counts;
    for (const auto& name : scan_.names) {
      const auto root = root_of(name.requirement);
      if (asks_wheels(name.requirement) || unprovided_.contains(name.requirement)) continue;
      if (!is_part_of_python(root) && !own_.has_named(root) && !own_.has(root)) ++counts[root];
    }
    for (auto& [module, count] : counts) report.not_checked.push_back({module, count});
    std::stable_sort(report.not_checked.begin(), report.not_checked.end(),
                     [](const auto& a, const auto& b) { return a.names > b.names; });
    report.not_checked_reason = !request_.modules.empty() ? "not among --module"
                                : subject_.lock           ? "not among --package"
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
    TRY_ASSIGN(auto answers,
               apis.ask(scan_.names, {[this](const auto& requirement) { return settled(requirement); }, {}}));
    earlier.names = std::move(answers.front().names);
    keep_asked(earlier.names);
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
      }
    }
    for (const auto& [file, numbers] : wanted) {
      TRY_ASSIGN(const auto text, read_file(scan_.places.at(file)));
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
  probe::TreeScan scan_;
  OwnCode own_;
  std::optional<probe::LockWheels> lock_wheels_;  // of a lock of which all packages are asked
  std::map<pysource::Requirement, pysource::Answer> unprovided_;
  std::set<std::string, std::less<>> roots_;  // of the opened wheels
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
  TRY_ASSIGN(auto scan, probe::scan_tree(subject.paths, {}));
  warn_of_problems(scan, context.reporter);
  TRY_ASSIGN(auto report, Check(request, context, sources, std::move(subject), std::move(scan)).run());
  TRY(require_no_stop(context));
  TRY(write_baseline(request, report, context));
  return report;
}

}  // namespace launch::commands
