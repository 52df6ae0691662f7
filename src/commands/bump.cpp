#include "commands/bump.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/build.hpp"
#include "commands/bump_fallbacks.hpp"
#include "commands/bump_names.hpp"
#include "commands/bump_state.hpp"
#include "commands/check.hpp"
#include "commands/image_digests.hpp"
#include "commands/kept_image.hpp"
#include "commands/lock.hpp"
#include "commands/render.hpp"
#include "commands/verify.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;
using Step = BumpTry::Step;

/// What a bump moves.
struct Subject {
  Workspace workspace;
  project::Recipe recipe;
  fs::path lock;                               ///< its place
  std::optional<project::LoadedLock> current;  ///< nullopt: there is none yet

  bool is_nightly() const { return recipe.torch.channel == pytorch::Channel::nightly; }
};

Result<Subject> subject_of(const BumpRequest& request, const Context& context) {
  TRY_ASSIGN(auto workspace, open_workspace(context));
  TRY_ASSIGN(const auto file, workspace.project.recipe_file(request.recipe));
  Subject subject{std::move(workspace), {}, {}, {}};
  const auto& project = subject.workspace.project;
  TRY_ASSIGN(subject.recipe, project::load_recipe(project, file));
  if (const auto& date = subject.recipe.torch.date; subject.is_nightly() && date) {
    return fail(
        input_error(fmt::format("{} pins the nightly: date = \"{}\"", project.shown(file), date->text()))
            .hint("remove the date, or replace it with as-of to get the newest nightly up to a day"));
  }
  subject.lock = project.lock_place(subject.recipe.name);
  std::error_code ignored;
  if (!fs::exists(subject.lock, ignored)) return subject;
  TRY_ASSIGN(subject.current, project::load_lock(project, subject.lock, context.reporter));
  return subject;
}

std::string torch_of(const project::Lockfile& lock) {
  const auto at = std::find_if(lock.packages.begin(), lock.packages.end(),
                               [](const auto& package) { return package.name == "torch"; });
  return at == lock.packages.end() ? "" : at->version.text();
}

class Bump {
 public:
  Bump(const BumpRequest& request, const Context& context, Subject subject, BumpState state)
      : request_(request),
        context_(context),
        subject_(std::move(subject)),
        state_(std::move(state)),
        kept_(context, subject_.workspace.site, subject_.recipe.name, request.engine, "before-bump") {
    document_.recipe = subject_.recipe.name;
    document_.file = subject_.workspace.project.shown(subject_.lock);
  }

  Result<BumpDocument> run() {
    auto done = search();
    if (!done || document_.answer == BumpDocument::Answer::stays) {
      kept_.restore();
    } else {
      kept_.forget();
    }
    if (!done) return fail(std::move(done.error()));
    TRY(state_.forget_candidates());
    return std::move(document_);
  }

 private:
  Result<void> search() {
    std::optional<specs::Day> as_of;
    for (int i = 0; i < request_.tries; ++i) {
      TRY_ASSIGN(auto candidate, next(as_of));
      if (!candidate) return document_.tries.empty() ? stay() : compare_broken(current_try());
      TRY(attempt(*candidate, with_locks_of(*candidate)));
      document_.tries.push_back(*std::move(candidate));
      const auto& tried = document_.tries.back();
      if (!tried.failed) return adopt(tried);
      context_.reporter.note(
          fmt::format("{} fails at {}: {}", tried.text(), step_name(*tried.failed), tried.reasons.front()));
      if (!tried.night) break;
      as_of = tried.night->previous();
    }
    document_.more = subject_.is_nightly();
    return compare_broken(current_try());
  }

  /// The newest candidate up to that day; nullopt if it is not newer than the lock.
  Result<std::optional<BumpTry>> next(const std::optional<specs::Day>& as_of) {
    LockRequest wanted{.recipe = request_.recipe, .write = false};
    const auto& recipe = subject_.recipe;
    for (const auto& each : recipe.torch.packages.empty() ? recipe.packages : recipe.torch.packages)
      wanted.upgrade_only.push_back(each.name);
    if (as_of) wanted.night = locking::OtherNight{.date = {}, .as_of = as_of};
    context_.reporter.status(as_of ? fmt::format("locking the newest nightly up to {}", as_of->text())
                                   : std::string("locking the newest"));
    TRY_ASSIGN(const auto locked, lock(wanted, context_));
    const auto& found = locked.resolution.lock;
    const auto& night = found.provenance.date;
    const auto text = project::write_lockfile(found);
    if (subject_.current) {
      const auto& current = subject_.current->lock;
      const auto& of = current.provenance.date;
      if (night && of ? *night <= *of : text == project::write_lockfile(current)) return std::nullopt;
    }
    const auto folder = state_.folder_of(night);
    BumpTry candidate{.night = night, .torch = torch_of(found), .failed = {}, .reasons = {}, .lock = {}};
    candidate.lock = folder / subject_.lock.filename();
    TRY(make_folder(context_.disk, folder));
    TRY(write_file(context_.disk, candidate.lock, text));
    return candidate;
  }

  Context with_locks_of(const BumpTry& candidate) const {
    auto context = context_;
    context.lock_folder = candidate.lock.parent_path();
    return context;
  }

  BumpTry current_try() const {
    BumpTry current;
    if (!subject_.current) return current;
    current.night = subject_.current->lock.provenance.date;
    current.torch = torch_of(subject_.current->lock);
    current.lock = subject_.lock;
    return current;
  }

  /// Errors: those that are not the candidate's fault.
  Result<void> attempt(BumpTry& candidate, const Context& context) {
    TRY(check_names(candidate, context));
    if (candidate.failed || !request_.build) return {};
    TRY(kept_.keep(subject_.current ? std::optional(subject_.current->digest) : std::nullopt));
    context.reporter.status("building the image with " + candidate.text());
    const auto built = build({.recipe = request_.recipe, .engine = request_.engine}, context);
    if (!built) {
      if (!is_of_candidate(built.error())) return fail(built.error());
      fails(candidate, Step::build, {built.error().message()});
      return {};
    }
    return verify_image(candidate, built->outcome.image.image_id, context);
  }

  static void fails(BumpTry& candidate, Step step, std::vector<std::string> reasons) {
    candidate.failed = step;
    candidate.reasons = std::move(reasons);
    if (candidate.reasons.empty()) candidate.reasons.emplace_back("unknown");
  }

  Result<void> check_names(BumpTry& candidate, const Context& context) {
    if (subject_.recipe.verify.scan.empty()) return {};
    context.reporter.status("checking the names of " + candidate.text());
    TRY_ASSIGN(const auto report, check_lock(context));
    if (report.fails()) fails(candidate, Step::check, failing_uses(report));
    return {};
  }

  Result<probe::CheckReport> check_lock(const Context& context) const {
    return check({.wheels = LockedWheels{.name = request_.recipe}}, context);
  }

  Result<void> verify_image(BumpTry& candidate, const Digest& image, const Context& context) {
    const auto smoke = shell_line(subject_.recipe.verify.smoke);
    if (auto known = request_.again ? std::nullopt : state_.failure(image, smoke)) {
      fails(candidate, Step::verify, *std::move(known));
      candidate.remembered = true;
      return {};
    }
    const VerifyRequest wanted{.recipe = request_.recipe, .engine = request_.engine};
    TRY_ASSIGN(const auto found, verify(wanted, context, [](std::string_view /*line*/) {}));
    if (found.verified()) return {};
    std::vector<std::string> reasons;
    for (const auto& each : found.problems) reasons.push_back(each.text);
    for (const auto& line : found.output) reasons.push_back(line);
    fails(candidate, Step::verify, reasons);
    return state_.remember(image, smoke, std::move(reasons));
  }

  /// The lock is the newest; whether it works is known, or is tried now.
  Result<void> stay() {
    document_.answer = BumpDocument::Answer::current;
    const auto& current = *subject_.current;
    document_.verified = project::verification_for(subject_.workspace.project, subject_.recipe, current.file,
                                                   current.digest, context_.reporter)
                             .has_value();
    if (document_.verified) return {};
    auto here = current_try();
    TRY(attempt(here, context_));
    if (here.failed) document_.answer = BumpDocument::Answer::stays;
    document_.verified = !here.failed && request_.build;
    document_.tries.push_back(std::move(here));
    return {};
  }

  /// Why the newest that works is not the newest.
  Result<void> compare_broken(const BumpTry& works) {
    const auto broken = std::find_if(document_.tries.rbegin(), document_.tries.rend(),
                                     [](const BumpTry& tried) { return tried.failed.has_value(); });
    if (works.lock.empty() || broken == document_.tries.rend()) return {};
    TRY_ASSIGN(document_.broken, difference(works, *broken));
    if (broken->failed == Step::check && !works.torch.empty() && !broken->torch.empty())
      find_fallbacks(works, *broken);
    return {};
  }

  void find_fallbacks(const BumpTry& works, const BumpTry& broken) {
    auto found = fallbacks_of_locks(subject_.workspace, subject_.recipe, works.lock, broken.lock, context_);
    if (!found) {
      document_.fallbacks_unknown = found.error().message();
    } else if (!found->imports.empty()) {
      document_.fallbacks = *std::move(found);
    }
  }

  Result<DiffDocument> difference(const BumpTry& before, const BumpTry& after) const {
    TRY_ASSIGN(auto found, diff({.before = before.lock.string(), .after = after.lock.string()}, context_));
    found.before = before.text();
    found.after = after.text();
    return found;
  }

  Result<void> adopt(const BumpTry& works) {
    document_.answer = BumpDocument::Answer::moved;
    TRY(compare_broken(works));
    if (subject_.current) {
      TRY_ASSIGN(document_.diff, difference(current_try(), works));
      compare_names(works);
    }
    TRY(require_no_stop(context_));
    const auto of_candidate = with_locks_of(works);
    TRY_ASSIGN(const auto candidate, open_workspace(of_candidate));
    TRY_ASSIGN(const auto loaded, project::load_lock(candidate.project, works.lock, context_.reporter));
    const auto record =
        project::verification_of(candidate.project, works.lock, loaded.digest, context_.reporter);
    TRY(write_file(context_.disk, subject_.lock, project::write_lockfile(loaded.lock)));
    if (record) TRY(project::save_verification(context_.disk, subject_.lock, *record));
    document_.verified = record.has_value();
    TRY_ASSIGN(const auto store, open_store(context_, subject_.workspace.site));
    note_root(store, subject_.lock, context_.reporter);
    TRY(record_images());
    TRY_ASSIGN(const auto rendered, render({.recipe = request_.recipe}, context_));
    document_.dockerfile = rendered.dockerfile.file;
    return {};
  }

  /// A lock that named its images names those of the new one.
  Result<void> record_images() const {
    const bool named = subject_.current && subject_.current->lock.provenance.images;
    if (!named || !why_no_digest(subject_.recipe).empty()) return {};
    TRY_ASSIGN(const auto locked, lock({.recipe = request_.recipe, .images = true}, context_));
    return {};
  }

  void compare_names(const BumpTry& works) {
    if (subject_.recipe.verify.scan.empty()) return;
    const auto before = check_lock(context_);
    const auto after = check_lock(with_locks_of(works));
    if (before && after) document_.names = changed_names(*before, *after);
    if (!before || !after) document_.names_unknown = (before ? after : before).error().message();
  }

  const BumpRequest& request_;
  const Context& context_;
  Subject subject_;
  BumpState state_;
  KeptImage kept_;
  BumpDocument document_;
};

}  // namespace

std::string BumpTry::text() const {
  if (!torch.empty()) return "torch " + torch;
  return night ? "the nightly of " + night->text() : "the newest";
}

std::string_view step_name(Step step) {
  switch (step) {
    case Step::check:
      return "check";
    case Step::build:
      return "build";
    case Step::verify:
      break;
  }
  return "verify";
}

Result<BumpDocument> bump(const BumpRequest& request, const Context& context) {
  TRY_ASSIGN(auto subject, subject_of(request, context));
  TRY_ASSIGN(auto state, BumpState::open(subject.workspace, subject.recipe.name, context.disk));
  return Bump(request, context, std::move(subject), std::move(state)).run();
}

}  // namespace launch::commands
