#include "commands/source_builder.hpp"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "archive/interpreter.hpp"
#include "archive/tree.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/build_failure.hpp"
#include "commands/build_folder.hpp"
#include "commands/build_script.hpp"
#include "commands/engine.hpp"
#include "commands/git_source.hpp"
#include "image/dockerfile.hpp"
#include "image/scratch.hpp"
#include "image/system.hpp"
#include "image/turn.hpp"
#include "locking/apt_snapshot.hpp"
#include "locking/restore.hpp"
#include "project/dated_archive.hpp"
#include "project/labels.hpp"
#include "registry/oci_registry.hpp"
#include "specs/wheel.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;
using locking::BuiltWheel;
using locking::SourceBuild;

std::string text_of(const SourceBuild& wanted) {
  return fmt::format("{} {}", wanted.package, wanted.version);
}

/// "pip 25.3, setuptools 80.9.0 and wheel 0.45.1"; of many only the number.
std::string needs_text(const SourceBuild& wanted) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> names;
  for (const auto& need : wanted.record.needs) {
    const auto wheel = specs::WheelName::parse(need.file_name);
    if (wheel) names.push_back(fmt::format("{} {}", wheel->name, wheel->version.text()));
  }
  if (names.size() > kMost) return count_of(names.size(), "package");
  std::sort(names.begin(), names.end());
  return join_words(names);
}

/// The only wheel in a folder.
Result<fs::path> only_wheel(const fs::path& folder, const SourceBuild& wanted) {
  std::vector<fs::path> found;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.is_regular_file() && !entry.is_symlink()) found.push_back(entry.path());
  }
  if (found.size() == 1 && found.front().extension() == ".whl") return found.front();
  return fail(input_error(fmt::format("the build of {} left {}, expected one wheel", text_of(wanted),
                                      count_of(found.size(), "file"))));
}

/// What tells the containers of a turn from those of others, which may use another store.
std::string mark_of(const image::BuildTurn& turn) {
  constexpr std::size_t kEnough = 32;
  return Digest::of(turn.remains().string()).hex().substr(0, kEnough);
}

/// A base on which apt installs from the archive that the site names, else from that of the base before.
project::BaseImage on_archive(project::BaseImage base, const project::Site& site,
                              const std::optional<project::BaseImage>& before) {
  base.archive = locking::apt_archive(base, site, before);
  if (base.archive == project::kLiveArchive) base.snapshot.reset();
  return base;
}

}  // namespace

/// The distribution's packages that the build needs; with a compiler comes the header of its Python.
std::vector<std::string> EngineBuilder::apt_of(const SourceBuild& wanted,
                                               const project::BaseImage& base) const {
  auto apt = wanted.record.apt;
  const bool compiles = !apt.empty() || base.tag.find("-devel-") != std::string::npos;
  if (compiles && !interpreter_ && !base.distribution.empty())
    apt.push_back(fmt::format("python{}-dev", base.python.text()));
  return apt;
}

/// A digest of all that determines the wheel.
Digest EngineBuilder::inputs_of(const SourceBuild& wanted, const project::BaseImage& base) const {
  auto text = fmt::format("{}\n{}@{} {}\n{}\n", wanted.sha256.hex(), base.name, base.digest->text(),
                          base.python.text(), sha256_hex(kBuildScript));
  const auto own = specs::Platform::of_this_machine();
  if (interpreter_ && own && interpreter_->archives.contains(*own))
    text += fmt::format("python {}\n", interpreter_->archives.at(*own).sha256.hex());
  for (const auto& package : apt_of(wanted, base)) text += fmt::format("apt {}\n", package);
  for (const auto& [name, value] : wanted.record.env) text += fmt::format("env {}={}\n", name, value);
  std::vector<std::string> needs;
  for (const auto& need : wanted.record.needs)
    needs.push_back(fmt::format("needs {} {}\n", need.file_name, need.sha256->hex()));
  std::sort(needs.begin(), needs.end());
  for (const auto& need : needs) text += need;
  return Digest::of(text);
}

std::map<std::string, std::string> EngineBuilder::environment_of(const SourceBuild& wanted) const {
  std::map<std::string, std::string> variables{
      {"HOME", "/tmp"},
      {"LC_ALL", "C.UTF-8"},
      {"MAX_JOBS", std::to_string(std::max(1U, std::thread::hardware_concurrency()))},
      {"PYTHONDONTWRITEBYTECODE", "1"},
      {"PYTHONHASHSEED", "0"},
      {"SOURCE_DATE_EPOCH", std::to_string(std::max(archive::kFileTime, wanted.newest))}};
  // A standalone Python names the compilers that it was built with itself, which the image does not have.
  if (interpreter_) variables.insert({{"CC", "cc"}, {"CXX", "c++"}, {"AR", "ar"}});
  for (const auto& [name, value] : wanted.record.env) variables[name] = value;
  return variables;
}

/// Unpacks the interpreter below `scratch`; returns its folder.
Result<fs::path> EngineBuilder::unpack_interpreter(const fs::path& scratch) {
  const auto own = specs::Platform::of_this_machine();
  project::Lockfile lock;
  lock.provenance.interpreter = interpreter_;
  const auto archives = own ? locking::interpreters_of(lock, {&*own, 1}) : std::vector<project::LockedFile>();
  if (archives.empty()) {
    return fail(input_error(fmt::format("Python {} is not locked for this machine, which builds from source",
                                        interpreter_->version()))
                    .hint(fmt::format("add {} to platforms in the recipe",
                                      own ? own->text() : "this machine's platform")));
  }
  const auto work = outside_.context.work();
  TRY_ASSIGN(const auto fetched, locking::fetch_interpreters(archives, outside_.store, outside_.http, work));
  TRY(archive::unpack_interpreter(fetched.paths.front(), scratch, work));
  return scratch / "python";
}

/// Next to the store, where there is space.
fs::path EngineBuilder::folder() const {
  return fs::path(outside_.site.store.value).parent_path();
}

fs::path EngineBuilder::log_of(const SourceBuild& wanted) const {
  return folder() / "source-builds" / fmt::format("{}-{}.log", wanted.package, wanted.version);
}

Result<const containers::Engine*> EngineBuilder::engine() {
  if (!engine_) {
    TRY_ASSIGN(auto found, during(find_engine(outside_.context, outside_.site, std::nullopt),
                                  "looking for an engine to build from source"));
    engine_.emplace(std::move(found));
  }
  return &*engine_;
}

/// The base image of the record, else of the recipe, in the variant that the package wants.
Result<project::BaseImage> EngineBuilder::base_of(const SourceBuild& wanted) {
  if (wanted.record.base.digest || !recipe_)
    return on_archive(wanted.record.base, outside_.site, wanted.record.base);
  auto recipe = *recipe_;
  if (wanted.how.variant) recipe.image.variant = *wanted.how.variant;
  if (const auto own = specs::Platform::of_this_machine()) recipe.platforms = {*own};
  const auto key = fmt::format("{} {}", recipe.image.variant, wanted.accelerator.text());
  const auto known = bases_.find(key);
  if (known != bases_.end()) return known->second;
  project::Lockfile lock;
  lock.provenance.cuda = wanted.accelerator;
  registry::OciRegistry registry(outside_.http, outside_.site.registries, outside_.context.environment,
                                 outside_.context.runner);
  TRY_ASSIGN(auto chosen, locking::choose_base(recipe, lock, previous_, locking::Renew::no, registry,
                                               outside_.context.reporter));
  if (!chosen.base.digest) {
    return fail(environment_error(fmt::format("{} cannot be built: the digest of its base image {}:{} is "
                                              "unknown",
                                              text_of(wanted), chosen.base.name, chosen.base.tag))
                    .hint(chosen.warning));
  }
  const auto before = previous_ ? previous_->provenance.base : std::nullopt;
  return bases_.emplace(key, on_archive(std::move(chosen.base), outside_.site, before)).first->second;
}

Result<containers::Image> EngineBuilder::system_of(const SourceBuild& wanted,
                                                   const project::BaseImage& base) {
  TRY_ASSIGN(const auto* engine, this->engine());
  image::SystemRequest request;
  if (recipe_) request.recipe = *recipe_;
  request.recipe.image.apt = apt_of(wanted, base);
  request.lock.lock.provenance.base = base;
  request.lock.lock.provenance.interpreter = interpreter_;
  request.folder = folder();
  return during(image::build_system(request, *engine, outside_.context.work()),
                fmt::format("building the system in which {} is built", text_of(wanted)));
}

Result<BuiltWheel> EngineBuilder::build(const SourceBuild& wanted) {
  const auto& context = outside_.context;
  TRY_ASSIGN(const auto base, base_of(wanted));
  const auto known = folder() / "source-builds" / inputs_of(wanted, base).hex();
  if (auto wheel = remembered(known, outside_.store)) {
    wheel->base = base;
    return *std::move(wheel);
  }
  context.reporter.note(
      fmt::format("building {} from source in a container (needs {})", text_of(wanted), needs_text(wanted)));
  TRY_ASSIGN(auto wheel, run(wanted, base));
  wheel.base = base;
  remember(context.disk, known, wheel);
  return wheel;
}

Result<locking::GitArchive> EngineBuilder::fetch(const std::string& package, const specs::GitSource& source) {
  return fetch_commit(package, source, folder() / "contexts", outside_.store, outside_.context);
}

Result<BuiltWheel> EngineBuilder::run(const SourceBuild& wanted, const project::BaseImage& base) {
  const auto work = outside_.context.work();
  TRY_ASSIGN(const auto* engine, this->engine());
  TRY_ASSIGN(const auto system, system_of(wanted, base));
  TRY_ASSIGN(const auto turn, image::BuildTurn::take(folder() / "builds", "source-" + wanted.package, work));
  const auto mark = mark_of(turn);
  TRY(engine->remove_containers(project::kSourceBuildLabel, mark, 0));
  TRY_ASSIGN(const auto scratch, image::ScratchFolder::make(work.disk, folder() / "contexts"));
  TRY_ASSIGN(const auto file, run_in(wanted, base, system, scratch.path(), mark));
  BuiltWheel wheel{{}, file.filename().string(), Digest::of(""), 0, {}};
  if (!specs::WheelName::parse(wheel.file_name)) {
    return fail(input_error(fmt::format("the build of {} left {}, which is not the name of a wheel",
                                        text_of(wanted), in_quotes(wheel.file_name))));
  }
  TRY_ASSIGN(wheel.sha256, sha256_file(file));
  std::error_code code;
  wheel.size = fs::file_size(file, code);
  if (code) return fail(io_error("read", file, code.value()));
  TRY_ASSIGN(wheel.file, outside_.store.add(file, wheel.sha256, wheel.file_name));
  return wheel;
}

Result<void> restore_wheels(const project::Lockfile& lock, const fs::path& lock_folder,
                            const locking::Origins& origins, const EngineBuilder::Outside& outside) {
  EngineBuilder builder(outside, lock.provenance.interpreter, std::nullopt, std::nullopt);
  for (const auto& package : lock.packages) {
    if (!package.build) continue;
    TRY(locking::restore_built(package, lock_folder,
                               {origins, outside.http, outside.store, outside.context.work(), &builder}));
  }
  return {};
}

/// Runs the build; returns the wheel, below `scratch`.
Result<fs::path> EngineBuilder::run_in(const SourceBuild& wanted, const project::BaseImage& base,
                                       const containers::Image& system, const fs::path& scratch,
                                       const std::string& mark) {
  const auto work = outside_.context.work();
  TRY_ASSIGN(const auto folder, make_build_folder(work.disk, scratch, wanted));
  containers::RunSpec spec;
  spec.name = fmt::format("launch-{}-{}", wanted.package, scratch.filename().string());
  spec.image = system.image_id.text();
  spec.argv = {image::base_interpreter(base), "-I", "/build/in/build_wheel.py",
               wanted.archive.filename().string(), wanted.root};
  spec.environment = environment_of(wanted);
  spec.labels = {{project::kSourceBuildLabel, mark}};
  spec.mounts = {{folder.in.string(), "/build/in", true}, {folder.out.string(), "/build/out", false}};
  if (interpreter_) {
    TRY_ASSIGN(const auto python, unpack_interpreter(scratch));
    spec.argv.front() = fmt::format("{}/bin/python3", image::kPythonHome);
    spec.mounts.push_back({python.string(), std::string(image::kPythonHome), true});
  }
  spec.network = "none";
  spec.confined = true;
  std::string log;
  TRY_ASSIGN(const auto ended,
             engine_->run(
                 spec,
                 [&](Stream, std::string_view line) {
                   log.append(line).append("\n");
                   work.reporter.status(fmt::format("building {}: {}", wanted.package, line));
                 },
                 work.stop));
  TRY(keep_log(work.disk, log_of(wanted), log));
  if (ended.cancelled) return fail(environment_error("interrupted"));
  if (!ended.ok())
    return fail(build_failure(text_of(wanted), wanted.package, ended.exit_code, log, log_of(wanted)));
  return only_wheel(folder.out, wanted);
}

}  // namespace launch::commands
