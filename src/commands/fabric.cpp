#include "commands/fabric.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fabric/read_topology.hpp"
#include "train/nccl_environment.hpp"

namespace launch::commands {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostLinted = std::uint64_t{16} << 20;

Result<fabric::NcclVersion> version_of(const std::string& text) {
  if (text.empty()) return fabric::kNewestNccl;
  if (const auto version = fabric::NcclVersion::parse(text)) return *version;
  return fail(input_error(fmt::format("--nccl: expected a release such as {}, found {}",
                                      fabric::kNewestNccl.text(), in_quotes(text))));
}

struct Release {
  fabric::NcclVersion version;
  std::string text;  ///< see FabricReport
};

Result<Release> release_of(const FabricRequest& request, const Context& context) {
  if (request.lock.empty()) {
    TRY_ASSIGN(const auto version, version_of(request.nccl));
    return Release{version, version.text() + (version == fabric::kNewestNccl ? " (the newest known)" : "")};
  }
  using Kind = specs::Accelerator::Kind;
  TRY_ASSIGN(const auto workspace, open_workspace_of({&request.lock, 1}, context));
  TRY_ASSIGN(const auto file, workspace.project.lock_file(request.lock));
  TRY_ASSIGN(const auto loaded,
             project::load_lock(workspace.project, file, context.reporter, project::Accept::any_source));
  if (const auto version = train::nccl_of(loaded.lock))
    return Release{*version, fmt::format("{}, of the lock {}", version->text(), request.lock)};
  const auto accelerator = project::accelerator(loaded.lock);
  const auto newest = fabric::kNewestNccl;
  if (accelerator.kind() == Kind::rocm) {
    return Release{newest,
                   fmt::format("RCCL of ROCm {}, which reads NCCL's variables and its own, named RCCL_…; "
                               "those of NCCL {} are assumed",
                               accelerator.version(), newest.text())};
  }
  if (accelerator.kind() != Kind::cuda)
    return fail(
        input_error(fmt::format("the lock {} is for {}, without NCCL", request.lock, accelerator.text())));
  return Release{newest, fmt::format("{}, assumed since the lock {} does not name its release", newest.text(),
                                     request.lock)};
}

Result<fs::path> root_of(const std::optional<std::string>& tree, const Context& context) {
  if (!tree) return fs::path("/");
  const auto root = context.folder / *tree;
  std::error_code error;
  if (fs::is_directory(root / "sys", error)) return root;
  return fail(input_error(fmt::format("{} is not the root of a recorded tree: it has no folder sys", *tree))
                  .hint("run `launch fabric --record DIR` on the machine in question"));
}

Result<const fabric::Preset*> preset_named(const std::string& name, const fabric::Topology& topology) {
  if (name.empty()) return fabric::preset_for(topology);
  if (name == "none") return nullptr;
  if (const auto* preset = fabric::preset_of(name)) return preset;
  std::vector<std::string> names;
  for (const auto& each : fabric::presets()) names.push_back(each.name);
  return fail(input_error(
      fmt::format("unknown preset {}: expected none, {}", in_quotes(name), join_words(names, "or"))));
}

struct Look {
  fabric::Tree tree;
  FabricReport report;
};

Result<Look> look(const FabricRequest& request, const Context& context) {
  TRY_ASSIGN(const auto root, root_of(request.tree, context));
  Look out{.tree = fabric::Tree(root), .report = {}};
  auto& report = out.report;
  report.root = request.tree.value_or("/");
  report.head = request.head;
  TRY_ASSIGN(auto release, release_of(request, context));
  report.nccl = release.version;
  report.release = std::move(release.text);
  fabric::Need need{.nccl = report.nccl};
  if (!request.head.empty()) {
    need.head = fabric::IpAddress::parse(request.head);
    if (!need.head) {
      return fail(input_error(fmt::format("--head: expected an address of IPv4 or IPv6, found {}",
                                          in_quotes(request.head)))
                      .hint(fmt::format("run `getent hosts {}`", shell_quote(request.head))));
    }
  }
  const auto files = fabric::preset_files();
  report.topology = fabric::read_topology(out.tree, files);
  TRY_ASSIGN(report.preset, preset_named(request.preset, report.topology));
  // The environment and the user's own configuration are of this machine alone.
  const auto environment = request.tree ? Environment() : context.environment;
  report.settings = fabric::resolve(
      environment.values(),
      fabric::read_conf_files(out.tree, fabric::own_conf_file(environment.values(), report.nccl)));
  need.preset = report.preset;
  need.settings = report.settings;
  report.choice = fabric::choose(report.topology, need);
  return out;
}

Result<RecordedTree> copy_seen(const fabric::Tree::Seen& seen, const fs::path& target, Disk& disk) {
  RecordedTree out;
  for (const auto& path : seen.folders) TRY(make_folder(disk, target / path));
  for (const auto& [path, content] : seen.files) {
    TRY(write_file(disk, target / path, content, 0644, Flush::no));
    ++out.files;
  }
  for (const auto& [path, link] : seen.links) {
    TRY(make_folder(disk, (target / path).parent_path()));
    if (const int failed = disk.symlink(link, target / path)) {
      return fail(io_error("create", target / path, failed));
    }
    ++out.links;
  }
  return out;
}

}  // namespace

Result<FabricReport> fabric(const FabricRequest& request, const Context& context) {
  TRY_ASSIGN(auto found, look(request, context));
  for (const auto& warning : found.report.choice.warnings) context.reporter.warn(warning);
  return std::move(found.report);
}

Result<std::vector<LintedFile>> lint_fabric(const FabricLintRequest& request, const Context& context) {
  TRY_ASSIGN(const auto version, version_of(request.nccl));
  std::optional<fabric::Topology> topology;
  if (request.tree) {
    TRY_ASSIGN(const auto root, root_of(request.tree, context));
    topology = fabric::read_topology(fabric::Tree(root), {});
  }
  std::vector<LintedFile> out;
  for (const auto& file : request.files) {
    auto text = read_file(context.folder / file, kMostLinted);
    if (!text) return fail(std::move(text).error().as(ErrorKind::input));
    out.push_back({file, fabric::lint(file, *text, version, topology ? &*topology : nullptr)});
  }
  return out;
}

Result<RecordedTree> record_fabric(const std::string& folder, const FabricRequest& request,
                                   const Context& context) {
  const auto target = context.folder / folder;
  std::error_code error;
  if (fs::exists(target, error)) {
    return fail(input_error(fmt::format("{} already exists", folder)).hint("name a new folder"));
  }
  TRY_ASSIGN(const auto found, look(request, context));
  auto out = copy_seen(found.tree.seen(), target, context.disk);
  if (!out) {
    context.disk.remove_all(target);
    return out;
  }
  out->folder = folder;
  return out;
}

}  // namespace launch::commands
