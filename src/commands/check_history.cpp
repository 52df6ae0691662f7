#include "commands/check_history.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "commands/version_questions.hpp"
#include "probe/elsewhere.hpp"
#include "probe/findings.hpp"
#include "probe/named.hpp"
#include "project/import_names.hpp"
#include "pysource/requirement_names.hpp"
#include "pytorch/packages.hpp"

namespace launch::commands {
namespace {

constexpr std::chrono::seconds kMost{10};
constexpr std::size_t kMostVersions = 100;

/// A stop after some time, and when another one is requested.
class Deadline {
 public:
  Deadline(const std::stop_token& outer, std::chrono::seconds most)
      : passed_on_(outer, [this] { ends_.request_stop(); }),
        timer_([this, most](const std::stop_token& done) {
          std::unique_lock lock(mutex_);
          condition_.wait_for(lock, done, most, [] { return false; });
          if (!done.stop_requested()) ends_.request_stop();
        }) {}

  std::stop_token token() const { return ends_.get_token(); }

 private:
  std::stop_source ends_;
  std::stop_callback<std::function<void()>> passed_on_;
  std::mutex mutex_;
  std::condition_variable_any condition_;
  std::jthread timer_;
};

/// The names that an asked package lacks, by package.
using Missing = std::map<std::string, std::set<pysource::Requirement>>;

Missing missing_names(const probe::CheckReport& report) {
  Missing missing;
  for (const auto& finding : probe::findings_of(report)) {
    if (finding.standing != probe::Standing::fails && finding.standing != probe::Standing::warned) continue;
    const auto& platform = report.platforms[finding.platforms.front()];
    const auto& requirement = platform.names[finding.name].requirement;
    const auto& answer = platform.names[finding.name].answer;
    const auto package = project::package_of_module(pysource::root_of(requirement));
    const bool asked = std::any_of(platform.wheels.begin(), platform.wheels.end(),
                                   [&](const auto& wheel) { return wheel.package == package; });
    if (asked && answer.verdict == pysource::Verdict::no && !report.unprovided.contains(requirement) &&
        !platform.unusable.contains(requirement)) {
      missing[package].insert(requirement);
    }
  }
  return missing;
}

probe::VersionQuery query_of(const std::string& package, const probe::CheckReport& report,
                             const CheckRequest& request, const project::Lockfile* lock) {
  probe::VersionQuery query{.last = kMostVersions};
  query.of.package = package;
  query.of.platform = report.platforms.front().platform;
  if (lock == nullptr) {
    const auto& release = std::get<probe::ReleaseQuery>(request.wheels);
    query.of.channel = release.channel;
    query.of.cuda = release.cuda;
  } else if (pytorch::rule_of(package).from == pytorch::PackageRule::From::channel) {
    query.of.channel = lock->provenance.channel.value_or(pytorch::Channel::index);
    query.of.cuda = lock->provenance.cuda;
  }
  return query;
}

/// The names, and those in the places that the report advises instead.
std::set<pysource::Requirement> with_places(const std::set<pysource::Requirement>& names,
                                            const probe::CheckReport& report) {
  auto all = names;
  for (const auto& name : names) {
    const auto advice = report.advice.find(name);
    if (advice == report.advice.end()) continue;
    for (const auto& module : advice->second.moved) all.insert(probe::in_place(name, module));
  }
  return all;
}

/// Takes back the advice on places where a version has something else of the same name.
void drop_others(probe::CheckReport& report, const pysource::Requirement& name, const probe::Matrix& matrix) {
  const auto advice = report.advice.find(name);
  if (advice == report.advice.end()) return;
  const auto row_of = [&](const pysource::Requirement& wanted) {
    return std::find_if(matrix.rows.begin(), matrix.rows.end(), [&](const probe::MatrixRow& row) {
      return !(row.name.requirement < wanted) && !(wanted < row.name.requirement);
    });
  };
  const auto own = row_of(name);
  std::erase_if(advice->second.moved, [&](const std::string& module) {
    const auto other = row_of(probe::in_place(name, module));
    if (own == matrix.rows.end() || other == matrix.rows.end()) return false;
    return !std::equal(own->cells.begin(), own->cells.end(), other->cells.begin(), other->cells.end(),
                       [](const auto& a, const auto& b) { return !probe::are_different(a, b); });
  });
  if (advice->second.moved.empty() && advice->second.near.empty()) report.advice.erase(advice);
}

}  // namespace

void add_history(probe::CheckReport& report, const CheckRequest& request, const project::Lockfile* lock,
                 const Context& context) {
  const auto missing = missing_names(report);
  if (missing.empty()) return;
  const Deadline deadline(context.stop, kMost);
  auto bounded = context;
  bounded.stop = deadline.token();
  for (const auto& [package, names] : missing) {
    const auto ask = [&, &package = package, &names = names]() -> Result<void> {
      TRY_ASSIGN(const auto versions, OpenVersions::open(query_of(package, report, request, lock), bounded));
      SplitArguments asked;
      for (const auto& name : with_places(names, report))
        asked.names.push_back({name, pysource::Need::must, {}});
      TRY_ASSIGN(const auto matrix, versions->ask(std::move(asked)));
      if (matrix.versions.size() < 2) return {};
      for (const auto& row : matrix.rows) {
        if (!names.contains(row.name.requirement)) continue;
        report.history.emplace(row.name.requirement, probe::history_of(row, matrix));
        drop_others(report, row.name.requirement, matrix);
      }
      return {};
    };
    const auto done = ask();
    if (done) continue;
    report.history_unknown = deadline.token().stop_requested()
                                 ? fmt::format("its index did not answer within {} s", kMost.count())
                                 : done.error().message();
    report.history_unknown = fmt::format("{}: {}", package, report.history_unknown);
    return;
  }
}

}  // namespace launch::commands
