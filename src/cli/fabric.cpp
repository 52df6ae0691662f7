#include "commands/fabric.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/reports/fabric.hpp"
#include "commands/page.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(Show the NCCL environment that suits this machine, each variable with its reason, and what is left alone)";

constexpr const char* kFooter =
    R"(GPUs, HCAs and interfaces are read from sysfs and procfs; nothing is run and nothing is changed. Of the HCAs,
the fastest group of one kind that shares PCI switches with the GPUs is chosen, by exact names; of the interfaces,
the one that routes to the head. What the environment, $NCCL_CONF_FILE (or ~/.nccl.conf) or /etc/nccl.conf sets
stays. The platforms that --preset names are known by DMI and devices, if they can be.

--lint finds names that NCCL never reads, values that it does not take as they are meant, debugging that was left
in, and prefixes that match more than they name, in environment dumps, nccl.conf, job scripts, YAML and Dockerfiles.
The exit code is 1 if it finds an error. With --sysfs, lists are compared with that machine's devices.

--record holds what is read and nothing else: PCI IDs, names and states of devices, GIDs (which contain the ports'
hardware addresses), the machine's IP routes and addresses, its DMI names and /etc/nccl.conf. It has no serial
numbers, and nothing of the environment or the user.

Examples:
  launch fabric                                 this machine
  launch fabric --head 10.0.0.1 --nccl 2.27.3   … for this head and this release of NCCL
  launch fabric --html fabric.html              … with a picture
  launch fabric --lint job.sh --lint /etc/nccl.conf
  launch fabric --record node7                  then, anywhere: launch fabric --sysfs node7
)";

struct FabricOptions {
  std::optional<std::string> sysfs;
  std::string head;
  std::string nccl;
  std::string preset;
  std::string html;
  std::string record;
  std::vector<std::string> lint;
};

Result<int> run_lint(World& world, const FabricOptions& options) {
  TRY_ASSIGN(const auto linted,
             commands::lint_fabric({.files = options.lint, .tree = options.sysfs, .nccl = options.nccl},
                                   world.context));
  world.output.line(world.json ? fabric_lint_json(linted) : fabric_lint_text(linted));
  const bool wrong = std::any_of(linted.begin(), linted.end(), [](const commands::LintedFile& file) {
    return std::any_of(file.findings.begin(), file.findings.end(), [](const fabric::Finding& finding) {
      return finding.severity == fabric::Finding::Severity::error;
    });
  });
  return wrong ? kNo : kYes;
}

Result<int> run_fabric(World& world, const FabricOptions& options) {
  if (!options.lint.empty()) return run_lint(world, options);
  const commands::FabricRequest request{
      .tree = options.sysfs, .head = options.head, .nccl = options.nccl, .preset = options.preset};
  if (!options.record.empty()) {
    TRY_ASSIGN(const auto recorded, commands::record_fabric(options.record, request, world.context));
    world.output.line(world.json ? fabric_record_json(recorded)
                                 : fmt::format("recorded {} and {} in {}", count_of(recorded.files, "file"),
                                               count_of(recorded.links, "link"), printable(recorded.folder)));
    return kYes;
  }
  TRY_ASSIGN(const auto report, commands::fabric(request, world.context));
  if (!options.html.empty()) {
    TRY(commands::write_page(options.html, fabric_html(report), world.context));
  }
  world.output.line(world.json ? fabric_json(report) : fabric_text(report));
  return kYes;
}

}  // namespace

void register_fabric(App& app) {
  const auto options = std::make_shared<FabricOptions>();
  auto command = app.add("fabric", kDescription);
  command.footer(kFooter);
  command.option("--sysfs", &options->sysfs, "Read the recorded tree with this root, not this machine")
      .value_name("DIR");
  command.option("--head", &options->head, "Choose the interface that routes to this address")
      .value_name("ADDRESS");
  command
      .option("--nccl", &options->nccl,
              "Set only what this release of NCCL reads (default: the newest known)")
      .value_name("VERSION");
  command
      .option("--preset", &options->preset,
              "Take this platform's values, or \"none\" (default: the platform that the machine shows)")
      .value_name("NAME");
  auto html = command.option("--html", &options->html, "Write the answer with a picture to this page");
  html.value_name("FILE");
  auto lint = command.option("--lint", &options->lint, "Check these files instead (repeatable)");
  lint.value_name("FILE");
  auto record = command.option("--record", &options->record,
                               "Copy what is read to this new folder instead, to be shown with --sysfs");
  record.value_name("DIR");
  lint.excludes(html).excludes(record);
  record.excludes(html);
  command.runs([options](World& world) { return run_fabric(world, *options); });
}

}  // namespace launch::cli
