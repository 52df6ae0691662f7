#include "commands/bisect_run.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/build.hpp"
#include "commands/engine.hpp"
#include "commands/image_inputs.hpp"
#include "commands/kept_image.hpp"
#include "commands/lock.hpp"
#include "commands/project_copies.hpp"
#include "image/inside.hpp"
#include "image/project_files.hpp"
#include "probe/search.hpp"
#include "probe/version_apis.hpp"
#include "project/labels.hpp"
#include "project/recipe_digest.hpp"
#include "pytorch/channel.hpp"
#include "train/machine.hpp"

namespace launch::commands {
namespace {

constexpr image::Purpose kBisect{"bisect", project::kBisectLabel};

struct Subject {
  Workspace workspace;
  project::Recipe recipe;
  specs::Requirement torch;    ///< the recipe's
  std::optional<Digest> lock;  ///< of the recipe, as it is now; nullopt: none can be read
  std::string search;          ///< everything that the trials depend on
};

Result<Subject> subject_of(const BisectRunRequest& request, const Context& context) {
  TRY_ASSIGN(auto workspace, open_workspace(context));
  TRY_ASSIGN(const auto file, workspace.project.recipe_file(request.recipe));
  Subject subject{std::move(workspace), {}, {}, {}, {}};
  const auto& project = subject.workspace.project;
  TRY_ASSIGN(subject.recipe, project::load_recipe(project, file));
  const auto& torch = subject.recipe.torch;
  if (torch.date || torch.as_of) {
    return fail(input_error(fmt::format("{} pins the nightly: {} = \"{}\"", project.shown(file),
                                        torch.date ? "date" : "as-of",
                                        (torch.date ? torch.date : torch.as_of)->text()))
                    .hint("remove that line, and choose nightlies with --from and --to"));
  }
  const auto asked = std::find_if(torch.packages.begin(), torch.packages.end(),
                                  [](const auto& package) { return package.name == "torch"; });
  if (asked == torch.packages.end()) {
    return fail(input_error(fmt::format("{} has no torch among the packages of [torch]", project.shown(file)))
                    .hint("add packages = [\"torch\"] under [torch]"));
  }
  subject.torch = *asked;
  SilentReporter silent;
  if (auto lock = project::load_lock(project, project.lock_place(subject.recipe.name), silent))
    subject.lock = lock->digest;
  TRY(platform_to_run(subject.recipe));
  // Whose they will be does not matter here, and depends on the base of each candidate.
  TRY_ASSIGN(const auto store, open_store(context, subject.workspace.site));
  TRY_ASSIGN(const auto files, read_copies({project, subject.recipe, "", store, context.reporter}, context));
  TRY_ASSIGN(const auto content, image::project_digest(files));
  subject.search = join(std::vector{project::recipe_digest(subject.recipe, project::Stage::image).text(),
                                    content.text(), request.command},
                        "\n");
  return subject;
}

/// The versions that the recipe's channel has and its requirement allows.
Result<probe::VersionList> candidates_of(const Subject& subject, probe::VersionQuery query,
                                         const Context& context) {
  const auto& recipe = subject.recipe;
  query.of = {.package = "torch",
              .version = {},
              .channel = recipe.torch.channel,
              .cuda = recipe.torch.cuda,
              .python = recipe.python,
              .platform = image::platform_to_build(recipe)};
  context.reporter.status("looking for versions of torch");
  const auto http = open_http(context, subject.workspace.site);
  TRY_ASSIGN(auto list, probe::list_versions(query, subject.workspace.site, *http));
  std::erase_if(list.builds, [&](const probe::VersionBuild& build) {
    if (subject.torch.specifier.matches(build.version)) return false;
    list.skipped.push_back(
        {build.text(), fmt::format("the recipe asks for torch{}", subject.torch.specifier.text())});
    return true;
  });
  if (list.builds.size() > 1) return list;
  auto error = input_error(list.builds.empty() ? std::string("no version of torch can be tried")
                                               : fmt::format("only one version of torch can be tried: {}",
                                                             list.builds.front().text()));
  if (list.skipped.empty()) return fail(std::move(error));
  const auto& last = list.skipped.back();
  return fail(std::move(error).hint(fmt::format("{} was skipped: {}", last.version, last.reason)));
}

class Search {
 public:
  Search(const BisectRunRequest& request, const Context& context, Subject subject, probe::VersionList list,
         TrialState state)
      : request_(request),
        context_(context),
        subject_(std::move(subject)),
        list_(std::move(list)),
        state_(std::move(state)),
        kept_(context, subject_.workspace.site, subject_.recipe.name, request.engine, "before-bisect") {}

  Result<RunBisection> run() {
    document_.recipe = subject_.recipe.name;
    document_.command = request_.command;
    document_.skipped = list_.skipped;
    for (const auto& build : list_.builds) {
      document_.versions.push_back(build.text());
      if (state_.known(build.text()).is_begun()) ++document_.remembered;
    }
    if (document_.remembered > 0) {
      context_.reporter.note(
          fmt::format("continuing an earlier search: {} of {} already tried; --again starts over",
                      document_.remembered, count_of(list_.builds.size(), "version")));
    }
    auto done = search();
    kept_.restore();
    if (candidate_) kept_.drop(*candidate_);
    const auto forgotten = state_.set_image(std::nullopt);
    if (!done) return fail(std::move(done.error()));
    TRY(forgotten);
    TRY(state_.forget_locks());
    return std::move(document_);
  }

 private:
  const std::string& text(std::size_t place) const { return document_.versions[place]; }

  std::vector<probe::Trial> trials() const {
    std::vector<probe::Trial> trials;
    for (const auto& version : document_.versions) trials.push_back(state_.known(version).trial());
    return trials;
  }

  Result<void> search() {
    while (const auto next = probe::next_trial(trials())) TRY(attempt(*next));
    const auto tried = trials();
    std::optional<probe::Trial> before;
    for (std::size_t i = 0; i < tried.size(); ++i) {
      if (tried[i] == probe::Trial::untried) continue;
      document_.tried.push_back({i, state_.known(text(i))});
      if (tried[i] == probe::Trial::skipped) continue;
      if (before && tried[i] != *before) ++document_.changes;
      before = tried[i];
    }
    const auto found = probe::narrowed(tried);
    if (!found) return {};
    document_.works_after = tried[found->after] == probe::Trial::works;
    return describe(*found);
  }

  /// The commits of the change, and what lies between.
  Result<void> describe(const probe::Narrowed& found) {
    probe::Change change{.before = found.before, .after = found.after};
    for (auto i = found.before + 1; i < found.after; ++i) change.between.push_back(text(i));
    for (const auto& each : list_.skipped) {
      if (probe::lies_between(each.version, text(found.before), text(found.after)))
        change.between.push_back(each.version);
    }
    TRY_ASSIGN(const auto store, open_store(context_, subject_.workspace.site));
    const auto http = open_http(context_, subject_.workspace.site);
    probe::VersionApis apis("torch", {list_.builds[found.before], list_.builds[found.after]}, store, *http,
                            context_.work());
    if (const auto roots = apis.roots(); roots) {
      change.commit_before = apis.commit(0);
      change.commit_after = apis.commit(1);
      if (!change.commit_before || !change.commit_after)
        document_.commits_unknown = "the wheels do not name them";
    } else {
      document_.commits_unknown = roots.error().message();
    }
    document_.change = std::move(change);
    return require_no_stop(context_);
  }

  Result<void> attempt(std::size_t place) {
    const auto& version = text(place);
    auto known = state_.known(version);
    TRY(require_no_stop(context_));
    TRY_ASSIGN(const auto built, image_of(place, known));
    if (built) {
      TRY_ASSIGN(const auto engine, find_engine(context_, subject_.workspace.site, request_.engine));
      while (known.trial() == probe::Trial::untried) {
        TRY(run_once(engine, *built, version, known));
        TRY(state_.remember(version, known));
      }
    } else {
      TRY(state_.remember(version, known));
    }
    context_.reporter.note(fmt::format("torch {} {}", version, outcome_text(known)));
    return {};
  }

  /// A candidate's lock.
  struct Locked {
    std::filesystem::path folder;    ///< where it is
    specs::Accelerator accelerator;  ///< of its torch
  };
  /// A candidate's image.
  struct Built {
    Digest image;
    specs::Accelerator accelerator;  ///< of its torch
  };

  /// Locks and builds a candidate; nullopt if that cannot be done, with the reason.
  Result<std::optional<Built>> image_of(std::size_t place, KnownTrial& known) {
    const auto& version = text(place);
    context_.reporter.status("locking torch " + version);
    const auto locked = lock_candidate(place);
    if (!locked) {
      if (!is_of_candidate(locked.error())) return fail(locked.error());
      known.skipped = "it cannot be locked: " + locked.error().message();
      return std::nullopt;
    }
    TRY(kept_.keep(subject_.lock, state_.image()));
    auto context = context_;
    context.lock_folder = locked->folder;
    context.reporter.status("building the image with torch " + version);
    const auto built = build({.recipe = request_.recipe, .engine = request_.engine, .run = false}, context);
    if (!built) {
      if (!is_of_candidate(built.error())) return fail(built.error());
      known.skipped = "its image cannot be built: " + built.error().message();
      return std::nullopt;
    }
    const auto id = built->outcome.image.image_id;
    // Only now, so that the layers that both have stay.
    if (candidate_ && *candidate_ != id) kept_.drop(*candidate_);
    candidate_ = id;
    TRY(state_.set_image(id));
    return Built{id, locked->accelerator};
  }

  Result<Locked> lock_candidate(std::size_t place) {
    const auto& version = list_.builds[place].version;
    LockRequest wanted{.recipe = request_.recipe, .write = false};
    for (const auto& each : subject_.recipe.torch.packages) wanted.upgrade_only.push_back(each.name);
    if (const auto day = pytorch::nightly_day(version);
        day && subject_.recipe.torch.channel == pytorch::Channel::nightly) {
      wanted.night = locking::OtherNight{.date = day, .as_of = {}};
    } else {
      wanted.torch = version;
    }
    TRY_ASSIGN(const auto locked, lock(wanted, context_));
    auto folder = state_.folder_of(version.text());
    TRY(make_folder(context_.disk, folder));
    const auto file = subject_.workspace.project.lock_place(subject_.recipe.name).filename();
    TRY(write_file(context_.disk, folder / file, project::write_lockfile(locked.resolution.lock)));
    return Locked{std::move(folder), project::accelerator(locked.resolution.lock)};
  }

  /// Errors: the command cannot be started; the engine fails; a stop.
  Result<void> run_once(const containers::Engine& engine, const Built& built, const std::string& version,
                        KnownTrial& known) {
    constexpr std::size_t kMostLines = 20;
    containers::RunSpec run;
    run.argv = {"sh", "-c", request_.command};
    run.environment = {{"LAUNCH_BISECT_VERSION", version}};
    run.shm_bytes = image::kInsideShm;
    if (const auto* vendor = train::gpu_vendor(built.accelerator))
      run.give(train::access_to_all(train::find_gpus(*vendor)));
    std::vector<std::string> output;
    const auto on_line = [&](Stream /*stream*/, std::string_view line) {
      if (output.size() == kMostLines) output.erase(output.begin());
      output.push_back(printable(line));
    };
    context_.reporter.status("running the command with torch " + version);
    const auto folder = build_folder_of(subject_.workspace.site);
    TRY_ASSIGN(const auto outcome, image::run_inside(engine, {subject_.recipe.name, built.image, folder},
                                                     kBisect, std::move(run), on_line, context_.work()));
    TRY(require_no_stop(context_));
    if (outcome.exit_code == kNotExecutable || outcome.exit_code == kNotFound) {
      return fail(input_error(
          fmt::format("sh cannot run the command in the image of {}: it exited with code {}{}",
                      subject_.recipe.name, outcome.exit_code, last_lines(join(output, "\n"), 3))));
    }
    known.codes.push_back(outcome.exit_code);
    known.output = std::move(output);
    return {};
  }

  static constexpr int kNotExecutable = 126;
  static constexpr int kNotFound = 127;

  const BisectRunRequest& request_;
  const Context& context_;
  Subject subject_;
  probe::VersionList list_;
  TrialState state_;
  KeptImage kept_;
  std::optional<Digest> candidate_;  ///< the image that has the recipe's name
  RunBisection document_;
};

}  // namespace

std::string outcome_text(const KnownTrial& known) {
  const auto trial = known.trial();
  if (trial == probe::Trial::skipped)
    return "is skipped: " + (known.skipped.empty() ? "the command exited with 125" : known.skipped);
  const bool works = trial == probe::Trial::works;
  const auto agree =
      std::count_if(known.codes.begin(), known.codes.end(), [&](int code) { return (code == 0) == works; });
  std::vector<std::string> codes;
  for (const auto code : known.codes) {
    if (code != 0) codes.push_back(std::to_string(code));
  }
  return fmt::format(
      "{} ({}{}{})", works ? "works" : "fails", known.disagrees() ? fmt::format("{} of ", agree) : "",
      count_of(known.codes.size(), "run") + (known.disagrees() ? ", which disagree" : ""),
      codes.empty() ? "" : fmt::format(": exit code{} {}", codes.size() == 1 ? "" : "s", join_words(codes)));
}

Result<RunBisection> bisect_run(const BisectRunRequest& request, const Context& context) {
  if (trim(request.command).empty()) return fail(input_error("--run: no command given"));
  TRY_ASSIGN(auto subject, subject_of(request, context));
  TRY_ASSIGN(auto list, candidates_of(subject, request.bounds, context));
  TRY_ASSIGN(auto state,
             TrialState::open(subject.workspace, subject.recipe.name, subject.search, context.disk));
  if (request.again) TRY(state.forget());
  return Search(request, context, std::move(subject), std::move(list), std::move(state)).run();
}

}  // namespace launch::commands
