#include "commands/version_questions.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/scan_paths.hpp"
#include "probe/named.hpp"
#include "project/import_names.hpp"
#include "pysource/requirement_names.hpp"
#include "specs/name.hpp"

namespace launch::commands {
namespace {

bool is_path(const std::string& argument, const Context& context) {
  if (argument.find('/') != std::string::npos || argument.ends_with(".py")) return true;
  std::error_code ignored;
  return std::filesystem::exists(context.folder / argument, ignored);
}

/// The package to ask if none is given.
Result<std::string> package_of(const SplitArguments& arguments) {
  std::set<std::string> packages;
  for (const auto& name : arguments.names) {
    packages.insert(project::package_of_module(pysource::root_of(name.requirement)));
  }
  if (packages.empty()) return std::string("torch");
  if (packages.size() == 1) return *packages.begin();
  const std::vector<std::string> all(packages.begin(), packages.end());
  return fail(input_error(fmt::format("the names belong to several packages: {}", join_words(all)))
                  .hint("check one package at a time"));
}

/// Adds the names of code to those that were given; a name that is both keeps its uses.
void add_names(std::vector<probe::NeededName>& names, std::vector<probe::NeededName> more) {
  std::map<pysource::Requirement, probe::NeededName> all;
  for (auto* each : {&names, &more}) {
    for (auto& name : *each) all.insert_or_assign(name.requirement, std::move(name));
  }
  names.clear();
  for (auto& [requirement, name] : all) names.push_back(std::move(name));
}

}  // namespace

Result<SplitArguments> split_arguments(const std::vector<std::string>& arguments,
                                       const std::vector<std::string>& exclude, const Context& context) {
  SplitArguments split;
  std::vector<probe::NeededName> named;
  for (const auto& argument : arguments) {
    if (is_path(argument, context)) {
      TRY_ASSIGN(const auto found, find_scan_paths({argument}, exclude, context));
      split.paths.push_back(found.front());
      continue;
    }
    auto name = probe::parse_name(argument);
    if (!name) return fail(std::move(name.error()).hint("or give files and folders of code"));
    named.push_back({*std::move(name), pysource::Need::must, {}});
  }
  add_names(split.names, std::move(named));
  return split;
}

OpenVersions::OpenVersions(const Context& context, std::string package, project::Site site,
                           store::Store store)
    : package_(std::move(package)),
      context_(context),
      site_(std::move(site)),
      store_(std::move(store)),
      work_(context.work()),
      http_(open_http(context, site_)) {}

Result<std::unique_ptr<OpenVersions>> OpenVersions::open(const probe::VersionQuery& query,
                                                         const Context& context) {
  TRY_ASSIGN(auto site, load_site(context));
  TRY_ASSIGN(auto store, open_store(context, site));
  std::unique_ptr<OpenVersions> opened(
      new OpenVersions(context, query.of.package, std::move(site), std::move(store)));
  context.reporter.status(fmt::format("looking for versions of {}", query.of.package));
  TRY_ASSIGN(opened->list_, probe::list_versions(query, opened->site_, *opened->http_));
  opened->apis_ = std::make_unique<probe::VersionApis>(query.of.package, opened->list_.builds, opened->store_,
                                                       *opened->http_, opened->work_);
  return opened;
}

/// Reads the code while the versions are opened, for the modules of some of them; once more if others have
/// more.
Result<probe::TreeScan> OpenVersions::scan(std::span<const probe::ScanPath> paths) {
  TRY_ASSIGN(const auto early, apis_->roots_of_some());
  if (early.empty()) {
    TRY_ASSIGN(const auto roots, apis_->roots());
    return probe::scan_tree(paths, roots);
  }
  auto reading = std::async(std::launch::async, [&] { return probe::scan_tree(paths, early); });
  const auto roots = apis_->roots();
  auto scan = reading.get();
  if (!roots) return fail(roots.error());
  return *roots == early ? scan : probe::scan_tree(paths, *roots);
}

Result<probe::Matrix> OpenVersions::ask(SplitArguments arguments) {
  probe::Matrix matrix;
  matrix.package = package_;
  matrix.skipped = list_.skipped;
  matrix.prereleases = list_.prereleases;
  auto names = std::move(arguments.names);
  if (!arguments.paths.empty()) {
    TRY_ASSIGN(auto scan, this->scan(arguments.paths));
    warn_of_problems(scan, context_.reporter);
    matrix.files = scan.files;
    matrix.problems = std::move(scan.problems);
    matrix.symbols = std::move(scan.symbols);
    matrix.calls = std::move(scan.calls);
    for (auto& question : scan.questions)
      matrix.questions.push_back({{std::move(question), pysource::Need::path, {}}, {}});
    add_names(names, std::move(scan.names));
  }
  std::vector<pysource::Requirement> requirements;
  requirements.reserve(names.size());
  for (const auto& name : names) requirements.push_back(name.requirement);
  for (const auto& question : matrix.questions) requirements.push_back(question.name.requirement);
  TRY_ASSIGN(auto answers, apis_->ask(requirements));
  for (auto& name : names) matrix.rows.push_back({std::move(name), {}});
  for (std::size_t i = 0; i < apis_->size(); ++i) {
    const auto& build = apis_->build(i);
    if (const auto* problem = apis_->problem(i)) {
      matrix.skipped.push_back({build.text(), problem->message()});
      continue;
    }
    places_.push_back(i);
    matrix.versions.push_back({build.text(), build.file.file_name, build.python});
    for (std::size_t k = 0; k < matrix.rows.size(); ++k) {
      matrix.rows[k].cells.push_back(std::move(answers[i][k]));
    }
    for (std::size_t k = 0; k < matrix.questions.size(); ++k) {
      matrix.questions[k].cells.push_back(std::move(answers[i][matrix.rows.size() + k]));
    }
  }
  TRY(require_no_stop(context_));
  return matrix;
}

std::optional<std::string> OpenVersions::commit(std::size_t version) {
  return apis_->commit(places_[version]);
}

Result<AnsweredVersions> ask_versions(VersionQuestion question, const Context& context) {
  TRY_ASSIGN(auto arguments, split_arguments(question.arguments, question.exclude, context));
  auto& package = question.versions.of.package;
  if (package.empty()) {
    TRY_ASSIGN(package, package_of(arguments));
  }
  package = specs::normalize_name(package);
  AnsweredVersions answered;
  TRY_ASSIGN(answered.versions, OpenVersions::open(question.versions, context));
  TRY_ASSIGN(answered.matrix, answered.versions->ask(std::move(arguments)));
  return answered;
}

}  // namespace launch::commands
