#include "commands/matrix.hpp"

#include <memory>

#include "cli/app.hpp"
#include "cli/reports/matrix.hpp"
#include "cli/version_options.hpp"
#include "commands/page.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Show which releases or nightlies of torch, or of another package, have which names)";

constexpr const char* kFooter =
    R"(A name is a module or a name in one: torch.nn, torch.nn.Module or torch.nn:Module. For files and folders, the
names are those that the code imports. Wheels are read by range requests (a few MB of 800 each), files that are
the same in several versions only once, and the answers are kept in the store. Versions without a usable wheel
are skipped and listed.

Examples:
  launch matrix torch.distributed.pipelining torch.utils.checkpoint:CheckpointPolicy
  launch matrix src/                                          all releases, the names that src/ imports
  launch matrix src/ --from 2.4.0 --html matrix.html          … as a page to search and sort
  launch matrix src/ --channel nightly --cuda cu128 --last 30
  launch matrix torchtnt.utils.data --package torchtnt-nightly
)";

struct MatrixOptions {
  std::vector<std::string> arguments;
  VersionOptions versions;
  std::string html;
  bool all = false;
};

Result<int> run_matrix(World& world, const MatrixOptions& options) {
  commands::VersionQuestion question{{}, options.arguments, options.versions.exclude};
  TRY_ASSIGN(question.versions, version_query(options.versions));
  const auto matrix = commands::matrix(std::move(question), world.context);
  if (!matrix) return ended(world, matrix.error(), "not all versions were checked");
  world.terminal.clear();
  if (!options.html.empty()) {
    TRY(commands::write_page(options.html, matrix_html(*matrix), world.context));
  }
  const bool given = matrix->files == 0;
  const auto rows = options.all || given ? MatrixRows::all : MatrixRows::telling;
  world.output.line(world.json ? matrix_json(*matrix) : matrix_text(*matrix, rows));
  return 0;
}

}  // namespace

void register_matrix(App& app) {
  const auto options = std::make_shared<MatrixOptions>();
  auto command = app.add("matrix", kDescription);
  command.footer(kFooter);
  command.option("ARGUMENTS", &options->arguments, "Names, or files and folders of code")
      .required()
      .value_name("");
  add_version_options(command, options->versions);
  command.flag("--all", options->all, "Also list the names that every version has");
  command.option("--html", &options->html, "Also write a page to search, sort and filter").value_name("FILE");
  command.runs([options](World& world) { return run_matrix(world, *options); });
}

}  // namespace launch::cli
