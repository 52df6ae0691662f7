#include "commands/bump_fallbacks.hpp"

#include <utility>

#include "commands/check_wheels.hpp"
#include "commands/scan_paths.hpp"

namespace launch::commands {

namespace fs = std::filesystem;

Result<FallbackDocument> fallbacks_of_locks(const Workspace& workspace, const project::Recipe& recipe,
                                            const fs::path& older, const fs::path& newer,
                                            const Context& context) {
  TRY_ASSIGN(const auto store, open_store(context, workspace.site));
  const auto http = open_http(context, workspace.site);
  const auto open = [&](const fs::path& place) -> Result<probe::OpenedWheels> {
    TRY_ASSIGN(const auto loaded, project::load_lock(workspace.project, place, context.reporter));
    const auto locate = locate_in(loaded.lock.provenance, workspace.site, recipe.indexes, *http);
    TRY_ASSIGN(auto opened, probe::open_locked_wheels(loaded.lock, {"torch"}, locate, store, *http));
    return std::move(opened.front());
  };
  context.reporter.status("looking for fallbacks");
  TRY_ASSIGN(const auto paths, scan_paths_of(recipe, workspace.project));
  TRY_ASSIGN(auto scan, probe::scan_tree(paths, {"torch"}));
  TRY_ASSIGN(auto before, open(older));
  TRY_ASSIGN(auto after, open(newer));
  return fallbacks_between(std::move(before), std::move(after), std::move(scan));
}

}  // namespace launch::commands
