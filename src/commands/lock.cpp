#include "commands/lock.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "locking/base_image.hpp"
#include "registry/oci_registry.hpp"
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

Result<locking::LockResult> resolve(const LockRequest& request, const Context& context,
                                    const project::Site& site, const project::Recipe& recipe,
                                    const std::optional<project::Lockfile>& previous,
                                    const store::Store& store) {
  TRY_ASSIGN(const auto glibc_minor, locking::glibc_minor_for(recipe));
  TRY_ASSIGN(const auto python_patch, locking::python_patch_for(recipe));
  const auto http = open_http(context, site, {.offline = request.offline, .refresh = request.upgrade});
  const locking::LockRequest wanted{.recipe = recipe,
                                    .previous = previous,
                                    .upgrade = request.upgrade,
                                    .python_patch = python_patch,
                                    .glibc_minor = glibc_minor};
  TRY_ASSIGN(auto result, locking::resolve_lock(wanted, site, *http, store, context.work()));
  registry::OciRegistry registry(*http, site.registries);
  context.reporter.status("asking for the base image");
  const auto renew = request.upgrade ? locking::Renew::yes : locking::Renew::no;
  TRY_ASSIGN(auto chosen,
             locking::choose_base(recipe, result.lock, previous, renew, registry, context.reporter));
  TRY(require_no_stop(context));
  if (!chosen.warning.empty()) context.reporter.warn(chosen.warning);
  result.lock.provenance.base = std::move(chosen.base);
  return result;
}

}  // namespace

Result<LockDocument> lock(const LockRequest& request, const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto workspace, open_workspace(context));
  const auto& [project, site] = workspace;
  TRY_ASSIGN(const auto recipe_file, project.recipe_file(request.recipe));
  LockDocument document;
  TRY_ASSIGN(document.recipe, project::load_recipe(project, recipe_file));
  for (const auto& note : document.recipe.notes) context.reporter.note(note);
  const auto file = project.lock_place(document.recipe.name);
  document.file = project.shown(file);
  TRY_ASSIGN(auto previous, read_previous(project, file, request.upgrade, context.reporter));
  TRY_ASSIGN(const auto store, open_store(context, site));
  TRY_ASSIGN(document.resolution, resolve(request, context, site, document.recipe, previous.lock, store));
  TRY(require_no_stop(context));
  const auto text = project::write_lockfile(document.resolution.lock);
  document.is_new = previous.text.empty();
  document.changed = text != previous.text;
  document.previous = std::move(previous.lock);
  if (document.changed && request.write) TRY(write_file(context.disk, file, text));
  if (request.write) note_root(store, file, context.reporter);
  document.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return document;
}

}  // namespace launch::commands
