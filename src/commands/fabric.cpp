#include "commands/fabric.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "fabric/read_topology.hpp"

namespace launch::commands {
namespace fs = std::filesystem;
namespace {

constexpr fabric::NcclVersion kConfFileKnown{2, 23, 0};
constexpr std::uint64_t kMostLinted = std::uint64_t{16} << 20;

Result<fabric::NcclVersion> version_of(const std::string& text) {
  if (text.empty()) return fabric::kNewestNccl;
  if (const auto version = fabric::NcclVersion::parse(text)) return *version;
  return fail(input_error(fmt::format("--nccl: expected a release such as {}, found {}",
                                      fabric::kNewestNccl.text(), in_quotes(text))));
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

/// The files that NCCL reads, in their order. The user's own is of this machine alone.
std::vector<fabric::ConfFile> conf_files(const fabric::Tree& tree, bool recorded,
                                         const fabric::NcclVersion& nccl, const Context& context) {
  std::vector<fabric::ConfFile> out;
  if (!recorded) {
    const auto named = nccl >= kConfFileKnown ? context.environment.get("NCCL_CONF_FILE") : std::nullopt;
    const auto home = context.environment.get("HOME");
    const auto path = named ? fs::path(*named) : fs::path(home.value_or("")) / ".nccl.conf";
    if (const auto text = named || home ? read_file(path) : Result<std::string>(fail(input_error("")))) {
      out.push_back({path.string(), *text});
    }
  }
  if (auto text = tree.content("etc/nccl.conf")) out.push_back({"/etc/nccl.conf", *std::move(text)});
  return out;
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
  TRY_ASSIGN(report.nccl, version_of(request.nccl));
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
  const bool recorded = request.tree.has_value();
  const std::map<std::string, std::string, std::less<>> none;
  report.settings = fabric::resolve(recorded ? none : context.environment.values(),
                                    conf_files(out.tree, recorded, report.nccl, context));
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
    if (fs::path(link).is_absolute()) continue;
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
