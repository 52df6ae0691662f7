#include "commands/bisect.hpp"

#include <memory>

#include "cli/app.hpp"
#include "cli/reports/matrix.hpp"
#include "cli/version_options.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Find when names of torch came and went: in which releases or nightlies, and with which commits)";

constexpr const char* kFooter =
    R"(Every version is checked, since a name can come, go and come back; all intervals are printed. Versions without
a usable wheel are skipped and listed; a change next to one may have happened in it. A change comes with the
commits of the two versions, as torch's wheels record them. The exit code is 1 if nothing changed.

Examples:
  launch bisect torch.utils.checkpoint:CheckpointPolicy
  launch bisect torch.distributed.pipelining --channel nightly --cuda cu128 --from 2025-06-01
)";

struct BisectOptions {
  std::vector<std::string> names;
  VersionOptions versions;
};

Result<int> run_bisect(World& world, const BisectOptions& options) {
  commands::VersionQuestion question{{}, options.names};
  TRY_ASSIGN(question.versions, version_query(options.versions));
  const auto bisection = commands::bisect(std::move(question), world.context);
  if (!bisection) return ended(world, bisection.error(), "not all versions were checked");
  world.terminal.clear();
  world.output.line(world.json ? bisect_json(*bisection) : bisect_text(*bisection));
  return bisection->found() ? 0 : kNo;
}

}  // namespace

void register_bisect(App& app) {
  const auto options = std::make_shared<BisectOptions>();
  auto command = app.add("bisect", kDescription);
  command.footer(kFooter);
  command.option("NAMES", &options->names, "Names, or files and folders of code").required().value_name("");
  add_version_options(command, options->versions);
  command.runs([options](World& world) { return run_bisect(world, *options); });
}

}  // namespace launch::cli
