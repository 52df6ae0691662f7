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
    "Show the NCCL environment for this machine, with a reason for each variable";

constexpr const char* kFooter =
    R"(GPUs, HCAs and interfaces are read from sysfs and procfs; nothing is run and nothing is changed. Of the HCAs,
the fastest group of one kind that shares PCI switches with the GPUs is chosen, by exact names; of the interfaces,
the one that routes to the head. Variables that are already set in the environment, $NCCL_CONF_FILE (or
~/.nccl.conf) or /etc/nccl.conf are left alone. The platform is detected from DMI and devices where possible.

--lint reads environment dumps, nccl.conf, job scripts, YAML and Dockerfiles, and finds names that NCCL never reads,
values that it does not read as intended, debugging variables, and prefixes that match more than one device. The
exit code is 1 if it finds an error. With --sysfs, lists are compared with that machine's devices.

--record copies what is read and nothing else: PCI IDs, names and states of devices, GIDs (which contain the ports'
hardware addresses), the machine's IP routes and addresses, its DMI names and /etc/nccl.conf. It contains no serial
numbers, and nothing of the environment or the user.

Examples:
  launch fabric                                 this machine
  launch fabric demo --head 10.0.0.1            … for the NCCL in the lock of demo, and this head
  launch fabric --html fabric.html              … with a picture
  launch fabric --lint job.sh --lint /etc/nccl.conf
  launch fabric --record node7                  then, anywhere: launch fabric --sysfs node7
)";

struct FabricOptions {
  std::optional<std::string> sysfs;
  std::string head;
  std::string nccl;
  std::string lock;
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
  const commands::FabricRequest request{.tree = options.sysfs,
                                        .head = options.head,
                                        .nccl = options.nccl,
                                        .lock = options.lock,
                                        .preset = options.preset};
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
  auto lock =
      command.option("LOCK", &options->lock,
                     "Set only what the NCCL of this lock reads (name of a recipe, or path of a lock)");
  lock.value_name("");
  command.option("--sysfs", &options->sysfs, "Read a tree made with --record instead of this machine")
      .value_name("DIR");
  auto head = command.option("--head", &options->head, "Choose the interface that routes to this address");
  head.value_name("ADDRESS");
  auto nccl = command.option("--nccl", &options->nccl,
                             "Set only what this release of NCCL reads (default: the newest known)");
  nccl.value_name("VERSION");
  auto preset = command.option("--preset", &options->preset,
                               "Use this platform's values, or \"none\" (default: the detected platform)");
  preset.value_name("NAME");
  auto html = command.option("--html", &options->html, "Also write a page with a picture");
  html.value_name("FILE");
  auto lint = command.option("--lint", &options->lint, "Check this file instead (repeatable)");
  lint.value_name("FILE");
  auto record = command.option("--record", &options->record,
                               "Copy what is read to this new folder instead, for --sysfs elsewhere");
  record.value_name("DIR");
  lock.excludes(nccl);
  lint.excludes(html).excludes(record).excludes(head).excludes(preset).excludes(lock);
  record.excludes(html).excludes(head).excludes(preset).excludes(nccl).excludes(lock);
  command.runs([options](World& world) { return run_fabric(world, *options); });
}

}  // namespace launch::cli
