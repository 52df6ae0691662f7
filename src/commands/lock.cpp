#include "commands/lock.hpp"

#include <chrono>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/image_digests.hpp"
#include "commands/source_builder.hpp"
#include "locking/apt_snapshot.hpp"
#include "locking/base_image.hpp"
#include "locking/settled.hpp"
#include "project/recipe_digest.hpp"
#include "registry/oci_registry.hpp"
#include "specs/name.hpp"
#include "store/store.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

struct Previous {
  std::string text;  ///< empty if there is no lock
  std::optional<project::Lockfile> lock;
};

Result<Previous> read_previous(const project::Project& project, const fs::path& file, bool upgrade,
                               Reporter& reporter) {
  std::error_code ignored;
  Previous previous;
  if (!fs::exists(file, ignored)) return previous;
  TRY_ASSIGN(previous.text, read_file(file));
  auto parsed = project::parse_lockfile(previous.text, project.shown(file));
  if (parsed) {
    previous.lock = *std::move(parsed);
    for (const auto& warning : previous.lock->warnings) reporter.warn(warning);
  } else if (!upgrade) {
    return fail(std::move(parsed.error()));
  } else {
    reporter.warn(fmt::format("{}; replacing it", parsed.error().message()));
  }
  return previous;
}

/// What a request is about.
struct Subject {
  Workspace workspace;
  project::Recipe recipe;
  fs::path file;  ///< of the lock
  Previous previous;
  std::set<std::string> upgrade_only;                    ///< normalized
  std::optional<project::PythonBuild> interpreter = {};  ///< of the image; nullopt: the base's
};

/// Errors (input): one of the packages to upgrade is neither in the lock nor in the recipe.
Result<std::set<std::string>> known_packages(const std::vector<std::string>& names, const Subject& subject) {
  std::set<std::string> known;
  for (const auto* list : {&subject.recipe.torch.packages, &subject.recipe.packages}) {
    for (const auto& requirement : *list) known.insert(requirement.name);
  }
  if (const auto& lock = subject.previous.lock) {
    for (const auto& package : lock->packages) known.insert(package.name);
  }
  std::set<std::string> out;
  for (const auto& name : names) {
    out.insert(specs::normalize_name(name));
    if (known.count(specs::normalize_name(name)) != 0) continue;
    const auto& [workspace, recipe, file, previous, upgrade_only, interpreter] = subject;
    auto error =
        input_error(previous.lock ? fmt::format("neither {} nor the recipe {} has a package {}",
                                                workspace.project.shown(file), recipe.name, in_quotes(name))
                                  : fmt::format("the recipe {} has no package {}, and no lock yet",
                                                recipe.name, in_quotes(name)));
    const std::vector<std::string> names_known(known.begin(), known.end());
    if (const auto near = did_you_mean(name, names_known)) error.hint(fmt::format("did you mean {}?", *near));
    return fail(std::move(error));
  }
  return out;
}

locking::Renew renew_of(const LockRequest& request) {
  return request.upgrade ? locking::Renew::yes : locking::Renew::no;
}

Result<Subject> subject_of(const LockRequest& request, const Context& context) {
  TRY_ASSIGN(auto workspace, open_workspace(context));
  Subject subject{
      .workspace = std::move(workspace), .recipe = {}, .file = {}, .previous = {}, .upgrade_only = {}};
  const auto& project = subject.workspace.project;
  TRY_ASSIGN(const auto recipe_file, project.recipe_file(request.recipe));
  TRY_ASSIGN(subject.recipe, project::load_recipe(project, recipe_file));
  if (request.night && subject.recipe.torch.channel != pytorch::Channel::nightly) {
    return fail(input_error(
        fmt::format("a date chooses a nightly, but the recipe {} takes torch from the channel {}",
                    subject.recipe.name, in_quotes(pytorch::channel_name(subject.recipe.torch.channel)))));
  }
  subject.file = project.lock_place(subject.recipe.name);
  TRY_ASSIGN(subject.previous, read_previous(project, subject.file, request.upgrade, context.reporter));
  TRY_ASSIGN(subject.upgrade_only, known_packages(request.upgrade_only, subject));
  TRY_ASSIGN(subject.interpreter, locking::interpreter_for(subject.recipe, subject.previous.lock,
                                                           renew_of(request), subject.workspace.site));
  return subject;
}

Result<locking::LockRequest> wanted_of(const LockRequest& request, const Subject& subject) {
  TRY_ASSIGN(const auto glibc_minor, locking::glibc_minor_for(subject.recipe));
  TRY_ASSIGN(const auto python_patch, subject.interpreter ? std::optional(subject.interpreter->patch)
                                                          : locking::python_patch_for(subject.recipe));
  auto recipe = subject.recipe;
  if (request.torch) {
    TRY_ASSIGN(auto bound, specs::Requirement::parse("torch==" + request.torch->text()));
    recipe.lock.constraints.push_back(std::move(bound));
  }
  return locking::LockRequest{.recipe = std::move(recipe),
                              .previous = subject.previous.lock,
                              .upgrade = request.upgrade,
                              .upgrade_only = subject.upgrade_only,
                              .night = request.night,
                              .python_patch = python_patch,
                              .builder = nullptr,
                              .glibc_minor = glibc_minor};
}

HttpUse http_use(const LockRequest& request) {
  return {.offline = request.offline,
          .refresh = request.upgrade || !request.upgrade_only.empty() || request.night || request.torch};
}

/// True for a check of a lock that this program wrote from this recipe: its answer needs no index.
Result<bool> is_settled(const LockRequest& request, const Subject& subject) {
  if (request.write || request.torch || !subject.previous.lock) return false;
  if (project::write_lockfile(*subject.previous.lock) != subject.previous.text) return false;
  TRY_ASSIGN(const auto wanted, wanted_of(request, subject));
  const auto& base = subject.previous.lock->provenance.base;
  return locking::is_settled(wanted) &&
         base->archive == locking::apt_archive(*base, subject.workspace.site, base);
}

/// The day of a lock that neither an upload nor a nightly dates: that of the lock before, unless everything
/// is upgraded, else today.
std::optional<specs::Day> day_of(const LockRequest& request, const Context& context, const Subject& subject,
                                 const project::Lockfile& lock) {
  if (project::lock_timestamp(lock) > 0) return std::nullopt;
  const auto& previous = subject.previous.lock;
  if (previous && previous->provenance.locked && !request.upgrade) return previous->provenance.locked;
  return specs::Day::parse(utc_timestamp(context.clock.now()).substr(0, 10));
}

/// Says which versions of apt's packages an image gets, where that is not certain from the lock's uploads.
void tell_of_apt(const project::Recipe& recipe, const project::Provenance& provenance, Reporter& reporter) {
  const auto versions = locking::apt_versions(provenance);
  if (recipe.image.apt.empty() || versions.empty()) return;
  reporter.note(fmt::format("the versions of {} {}", join_words(recipe.image.apt), versions));
}

/// The base of the lock before, for what everything but an upgrade keeps of it.
std::optional<project::BaseImage> base_before(const LockRequest& request, const Subject& subject) {
  const auto& previous = subject.previous.lock;
  return previous && !request.upgrade ? previous->provenance.base : std::nullopt;
}

Result<locking::LockResult> resolve(const LockRequest& request, const Context& context,
                                    const Subject& subject, const store::Store& store) {
  const auto& site = subject.workspace.site;
  TRY_ASSIGN(auto wanted, wanted_of(request, subject));
  const auto http = open_http(context, site, http_use(request));
  EngineBuilder builder({context, site, *http, store}, subject.interpreter, subject.recipe,
                        request.upgrade ? std::nullopt : subject.previous.lock);
  wanted.builder = &builder;
  TRY_ASSIGN(auto result, locking::resolve_lock(wanted, site, *http, store, context.work()));
  registry::OciRegistry registry(*http, site.registries, context.environment, context.runner);
  context.reporter.status("asking for the base image");
  TRY_ASSIGN(auto chosen, locking::choose_base(subject.recipe, result.lock, subject.previous.lock,
                                               renew_of(request), registry, context.reporter));
  TRY(require_no_stop(context));
  if (!chosen.warning.empty()) context.reporter.warn(chosen.warning);
  result.lock.provenance.locked = day_of(request, context, subject, result.lock);
  const auto before = chosen.base.snapshot;  // of a base that is kept
  chosen.base.archive = locking::apt_archive(chosen.base, site, base_before(request, subject));
  chosen.base.snapshot = locking::apt_snapshot(chosen.base, result.lock, chosen.created);
  if (chosen.base.snapshot && before) chosen.base.snapshot = std::max(*chosen.base.snapshot, *before);
  result.lock.provenance.base = std::move(chosen.base);
  tell_of_apt(subject.recipe, result.lock.provenance, context.reporter);
  result.lock.provenance.interpreter = subject.interpreter;
  // The added constraint is not part of the recipe, so the digest is that of the recipe as written.
  if (request.torch)
    result.lock.provenance.recipe = project::recipe_digest(subject.recipe, project::Stage::lock);
  return result;
}

/// The digests of images that the lock had, if it is the same otherwise.
std::optional<project::ImageDigests> kept_images(const Previous& previous, const project::Lockfile& lock) {
  if (!previous.lock || !previous.lock->provenance.images) return std::nullopt;
  auto with_images = lock;
  with_images.provenance.images = previous.lock->provenance.images;
  if (project::write_lockfile(with_images) != previous.text) return std::nullopt;
  return previous.lock->provenance.images;
}

/// Writes the digests of a lock's images into it if they are wanted, or if it had some. Errors: those of
/// digests_of_images if they are wanted; else the lock has none.
Result<void> record_images(const LockRequest& request, const Context& context, const Subject& subject,
                           LockDocument& document) {
  auto& lock = document.resolution.lock;
  auto& images = lock.provenance.images;
  const auto& recipe = document.recipe;
  const bool current = images && images->recipe == project::recipe_digest(recipe, project::Stage::render);
  const bool had = images || (document.previous && document.previous->provenance.images);
  if (!request.images && (current || !had)) return {};
  const auto before = project::write_lockfile(lock);
  images.reset();
  document.lost_images = !request.images;
  if (!document.is_asked_for && !request.images) return {};
  project::LoadedLock loaded{.file = subject.file,
                             .digest = project::lock_digest(project::write_lockfile(lock), lock),
                             .lock = lock};
  auto found = digests_of_images(subject.workspace, {recipe, std::move(loaded)},
                                 request.images ? Lacking::fetch : Lacking::leave, context);
  TRY(require_no_stop(context));
  if (!found && request.images) return fail(std::move(found.error()));
  if (found && !*found && request.images) {
    const auto& base = *lock.provenance.base;
    return fail(
        environment_error(fmt::format("the image has no digest while that of the base image {}:{} is open",
                                      base.name, base.tag))
            .hint(fmt::format("run `launch lock {} --image` once a registry is reachable", recipe.name)));
  }
  if (!found)
    context.reporter.warn(fmt::format("the digest of the image is unknown: {}", found.error().message()));
  if (found) images = *std::move(found);
  document.new_images = images.has_value();
  document.lost_images = !images;
  const auto text = project::write_lockfile(lock);
  if (text == before) return {};
  TRY_ASSIGN(const auto there, read_file(subject.file));
  if (there == before) return write_file(context.disk, subject.file, text);
  return fail(environment_error(fmt::format("{} was changed meanwhile", document.file))
                  .hint(fmt::format("run `launch lock {} --image` again", recipe.name)));
}

/// Errors (input): digests of images are wanted of a recipe that determines none, or of a nightly that it
/// does not ask for.
Result<void> check_images_wanted(const LockRequest& request, const project::Recipe& recipe) {
  if (!request.images) return {};
  if (request.night) {
    return fail(input_error("--image records the image of what the recipe asks for, not of another nightly")
                    .hint(fmt::format("set the date in recipes/{}.toml", recipe.name)));
  }
  const auto why = why_no_digest(recipe);
  if (why.empty()) return {};
  return fail(
      input_error(fmt::format("the lock of {} cannot name its image: {}, so its digest is known only "
                              "after the build",
                              recipe.name, why)));
}

}  // namespace

Result<LockDocument> lock(const LockRequest& request, const Context& context) {
  const auto seconds_so_far = [&context, began = context.clock.steady()] {
    return std::chrono::duration<double>(context.clock.steady() - began).count();
  };
  TRY_ASSIGN(auto subject, subject_of(request, context));
  TRY(check_images_wanted(request, subject.recipe));
  LockDocument document;
  document.recipe = subject.recipe;
  for (const auto& note : document.recipe.notes) context.reporter.note(note);
  for (const auto& note : subject.workspace.site.ignored) context.reporter.note(note);
  document.file = subject.workspace.project.shown(subject.file);
  TRY_ASSIGN(const auto settled, is_settled(request, subject));
  const auto verified = [&](const std::string& text, const project::Lockfile& of) {
    return project::verification_for(subject.workspace.project, subject.recipe, subject.file,
                                     project::lock_digest(text, of), context.reporter);
  };
  if (settled) {
    document.verified = verified(subject.previous.text, *subject.previous.lock);
    document.resolution.lock = *subject.previous.lock;
    document.previous = std::move(subject.previous.lock);
    document.seconds = seconds_so_far();
    return document;
  }
  TRY_ASSIGN(const auto store, open_store(context, subject.workspace.site));
  TRY_ASSIGN(document.resolution, resolve(request, context, subject, store));
  TRY(require_no_stop(context));
  const auto& lock = document.resolution.lock;
  document.is_asked_for =
      lock.provenance.recipe == project::recipe_digest(subject.recipe, project::Stage::lock);
  document.resolution.lock.provenance.images = kept_images(subject.previous, lock);
  auto text = project::write_lockfile(lock);
  document.is_new = subject.previous.text.empty();
  const auto before = std::move(subject.previous.text);
  document.previous = std::move(subject.previous.lock);
  document.changed = text != before;
  if (!request.write) {
    document.verified = verified(text, lock);
    document.seconds = seconds_so_far();
    return document;
  }
  if (document.changed) TRY(write_file(context.disk, subject.file, text));
  note_root(store, subject.file, context.reporter);
  const auto recorded = record_images(request, context, subject, document);
  if (!recorded) document.image_error = recorded.error();
  text = recorded ? project::write_lockfile(lock) : text;
  document.changed = text != before;
  document.verified = verified(text, lock);
  document.seconds = seconds_so_far();
  return document;
}

Result<ExplainDocument> explain(const LockRequest& request, const std::string& package,
                                const Context& context) {
  TRY_ASSIGN(const auto subject, subject_of(request, context));
  const auto& site = subject.workspace.site;
  TRY_ASSIGN(auto wanted, wanted_of(request, subject));
  TRY_ASSIGN(const auto store, open_store(context, site));
  const auto http = open_http(context, site, {.offline = request.offline, .refresh = !request.offline});
  EngineBuilder builder({context, site, *http, store}, subject.interpreter, subject.recipe,
                        subject.previous.lock);
  wanted.builder = &builder;
  ExplainDocument document{.recipe = subject.recipe.name, .explanation = {}, .did_you_mean = {}};
  TRY_ASSIGN(document.explanation, locking::explain_lock(wanted, specs::normalize_name(package), site, *http,
                                                         store, context.work()));
  TRY(require_no_stop(context));
  if (!document.explanation.reasons.empty() || !document.explanation.only_if.empty()) return document;
  document.did_you_mean = did_you_mean(specs::normalize_name(package), document.explanation.locked);
  return document;
}

}  // namespace launch::commands
