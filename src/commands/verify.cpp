#include "commands/verify.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/engine.hpp"
#include "commands/found_image.hpp"
#include "commands/image_inputs.hpp"
#include "commands/scan_paths.hpp"
#include "image/build.hpp"
#include "image/inspect.hpp"
#include "image/layers.hpp"
#include "image/trial.hpp"
#include "probe/wheel_source.hpp"
#include "project/labels.hpp"
#include "pytorch/commits.hpp"
#include "pytorch/packages.hpp"
#include "train/machine.hpp"

namespace launch::commands {
namespace {

using Kind = VerifyProblem::Kind;

/// What is to be verified.
struct Subject {
  Workspace workspace;
  project::Locked locked;
  specs::Platform platform;
  std::vector<image::ImageWheel> wheels;
  probe::TreeScan scan;
  std::optional<std::string> commit = {};  ///< in torch's wheel

  /// Null if the lock has none for the platform.
  const image::ImageWheel* torch() const {
    const auto at = std::find_if(wheels.begin(), wheels.end(),
                                 [](const auto& wheel) { return wheel.package == "torch"; });
    return at == wheels.end() ? nullptr : &*at;
  }
};

/// The names that the code needs of those of PyTorch's libraries that are locked.
Result<probe::TreeScan> scan_code(const project::Locked& locked, const project::Project& project,
                                  Reporter& reporter) {
  TRY_ASSIGN(const auto paths, scan_paths_of(locked.recipe, project));
  const auto libraries = libraries_in(locked.lock.lock);
  const std::set<std::string, std::less<>> roots(libraries.begin(), libraries.end());
  if (paths.empty() || roots.empty()) return probe::TreeScan{};
  TRY_ASSIGN(auto scan, probe::scan_tree(paths, roots));
  warn_of_problems(scan, reporter);
  return scan;
}

/// nullopt if the store does not have the wheel, or the wheel names no commit.
std::optional<std::string> commit_of(const project::LockedWheel& wheel, const store::Store& store) {
  const auto path = store.find(*wheel.sha256, wheel.file_name);
  if (!path || !*path) return std::nullopt;
  const auto opened = probe::open_wheel(**path);
  if (!opened) return std::nullopt;
  const std::vector<std::string> names = {std::string(pytorch::kVersionFile)};
  const auto content = (*opened)->read(names);
  return content ? pytorch::commit_of(content->front()) : std::nullopt;
}

Result<Subject> subject_of(const VerifyRequest& request, const Context& context) {
  TRY_ASSIGN(auto workspace, open_workspace(context));
  TRY_ASSIGN(auto locked, project::load_locked(workspace.project, request.recipe, context.reporter));
  TRY_ASSIGN(const auto platform, platform_to_run(locked.recipe));
  TRY_ASSIGN(auto wheels, image::wheels_for(locked.lock.lock, locked.recipe.python, platform));
  TRY_ASSIGN(auto scan, scan_code(locked, workspace.project, context.reporter));
  TRY_ASSIGN(const auto store, open_store(context, workspace.site));
  Subject subject{std::move(workspace), std::move(locked), platform, std::move(wheels), std::move(scan)};
  if (const auto* torch = subject.torch()) subject.commit = commit_of(torch->wheel, store);
  return subject;
}

/// The image of the lock. Errors (environment): there is none.
Result<containers::Image> find_image(const Subject& subject, const containers::Engine& engine,
                                     const Context& context) {
  const auto& recipe = subject.locked.recipe.name;
  TRY_ASSIGN(auto image, engine.find_image(project::image_reference(recipe)));
  FoundImage found{engine.info().name(), image.has_value(), {}, {}, {}};
  if (image) {
    found.of_lock = project::digest_label(image->labels, project::kLockLabel);
    found.of_recipe = project::digest_label(image->labels, project::kRecipeLabel);
    found.of_files = project::digest_label(image->labels, project::kFilesLabel);
  }
  TRY_ASSIGN(auto wrong, wrong_image(found, subject.locked, subject.workspace, context));
  if (wrong) return fail(*std::move(wrong));
  return *std::move(image);
}

/// Chooses the GPUs, and says if none are used.
Result<containers::GpuAccess> choose_gpus(const Subject& subject, const VerifyRequest& request,
                                          project::Verification& found, const Context& context) {
  const auto& lock = subject.locked.lock.lock;
  const auto* vendor = train::gpu_vendor(project::accelerator(lock));
  if (vendor == nullptr) {
    context.reporter.note(subject.torch() ? "verifying without a GPU: the lock's torch uses none"
                                          : "verifying without a GPU: the lock has no torch");
    return containers::GpuAccess{};
  }
  auto gpus = train::find_gpus(*vendor, request.machine);
  const auto there = gpus.existing();
  if (there == 0) {
    context.reporter.note(fmt::format("verifying without a GPU: this machine has no {} GPU", vendor->name));
    return containers::GpuAccess{};
  }
  train::complete_gpus(gpus, context.runner, context.stop);
  TRY(train::check_gpus(lock, gpus.usable, specs::GpuSet::all()));
  for (const auto& gpu : gpus.usable) found.gpus.push_back(gpu.name.empty() ? "unknown GPU" : gpu.name);
  const auto& driver = gpus.usable.front().driver;
  found.driver = driver.empty() ? "unknown" : driver;
  return train::access_to_all(gpus);
}

bool is_needed(const probe::NeededName& name) {
  return std::any_of(name.uses.begin(), name.uses.end(),
                     [](const auto& use) { return probe::JudgedUse{use}.is_needed(); });
}

/// Alternatives are tried as well: one that exists spares the others.
bool is_asked(const probe::NeededName& name) {
  return is_needed(name) || std::any_of(name.uses.begin(), name.uses.end(),
                                        [](const auto& use) { return !use.choices.empty(); });
}

/// The recipe's command, else that of a new image's trial.
std::vector<std::string> smoke_command(const Subject& subject) {
  const auto& recipe = subject.locked.recipe;
  if (!recipe.verify.smoke.empty()) return recipe.verify.smoke;
  return image::trial_command(subject.wheels, recipe);
}

image::InspectRequest inspect_request(const Subject& subject, const Digest& image_id,
                                      const containers::GpuAccess& gpus) {
  image::InspectRequest request{.recipe = subject.locked.recipe.name,
                                .image_id = image_id,
                                .folder = build_folder_of(subject.workspace.site),
                                .torch = subject.torch() != nullptr,
                                .smoke = smoke_command(subject),
                                .gpus = gpus};
  for (const auto& name : subject.scan.names) {
    if (is_asked(name)) request.names.push_back(name.requirement.text());
  }
  return request;
}

/// Names that were not imported, and that some use needs.
std::vector<probe::JudgedName> missing_names(const Subject& subject,
                                             const std::map<std::string, std::string>& missing) {
  const auto& scan = subject.scan;
  std::vector<pysource::Answer> answers;
  for (const auto& name : scan.names) {
    const auto found = missing.find(name.requirement.text());
    if (found != missing.end()) {
      answers.push_back({pysource::Verdict::no, found->second});
    } else {
      answers.push_back({is_asked(name) ? pysource::Verdict::yes : pysource::Verdict::unknown, ""});
    }
  }
  probe::GateContext context{.symbols = scan.symbols.get(), .calls = scan.calls.get()};
  for (const auto& name : libraries_in(subject.locked.lock.lock)) context.facts.roots.insert(name);
  for (const auto& wheel : subject.wheels) context.facts.versions[wheel.package] = wheel.version;
  auto judged = probe::judge(scan.names, answers, std::move(context));
  std::erase_if(judged, [](const auto& name) { return !name.fails(); });
  return judged;
}

/// Collects what is wrong.
class Findings {
 public:
  Findings(const Subject& subject, const image::Inspection& inspection, VerifyDocument& document)
      : subject_(subject), inspection_(inspection), document_(document) {}

  Result<void> collect() {
    if (subject_.torch() != nullptr) TRY(compare_torch());
    if (inspection_.torch_error.empty()) compare_rest();
    return {};
  }

 private:
  void add(Kind kind, std::string text) { document_.problems.push_back({kind, std::move(text)}); }

  Result<void> compare_torch() {
    if (!inspection_.torch_error.empty())
      add(Kind::torch, fmt::format("torch cannot be imported: {}", inspection_.torch_error));
    if (!inspection_.torch) return {};
    TRY_ASSIGN(const auto version, specs::Version::parse(subject_.torch()->version));
    // What other packages say of CUDA is not said of this platform's torch.
    const pytorch::LockedBuild locked{version, subject_.locked.lock.lock.provenance.cuda, subject_.commit};
    for (const auto& each : pytorch::build_differences(locked, *inspection_.torch))
      add(Kind::torch, each.text());
    const auto& gpus = document_.found.gpus;
    const auto seen = static_cast<std::size_t>(std::max(inspection_.gpus.value_or(0), 0));
    if (seen < gpus.size()) {
      add(Kind::gpu, fmt::format("torch sees {} in the container, but this machine has {}",
                                 seen == 0 ? "no GPU" : count_of(seen, "GPU"), gpus.size()));
    }
    return {};
  }

  void compare_rest() {
    if (inspection_.missing) {
      document_.missing = missing_names(subject_, *inspection_.missing);
      add_missing();
    }
    if (!inspection_.smoke_error.empty()) return add(Kind::smoke, "smoke test: " + inspection_.smoke_error);
    if (!inspection_.smoke_code) return add_early_end();
    if (*inspection_.smoke_code != 0)
      return add(Kind::smoke, fmt::format("the smoke test exited with code {}", *inspection_.smoke_code));
    if (inspection_.exit_code != 0) {
      add(Kind::smoke,
          fmt::format("the container exited with code {} after the smoke test", inspection_.exit_code));
    }
  }

  /// By file and line.
  void add_missing() {
    std::vector<std::pair<const probe::Use*, const probe::JudgedName*>> uses;
    for (const auto& name : document_.missing) {
      for (const auto& each : name.uses) {
        if (each.fails()) uses.emplace_back(&each.use, &name);
      }
    }
    std::stable_sort(uses.begin(), uses.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first->file, a.first->line) < std::tie(b.first->file, b.first->line);
    });
    for (const auto& [use, name] : uses) {
      const auto& wanted = name->requirement;
      add(Kind::name, fmt::format("{}:{}: {}: {}", use->file, use->line,
                                  wanted.name.empty() ? wanted.module : wanted.text(), name->answer.reason));
    }
  }

  void add_early_end() {
    const bool after_torch = inspection_.torch || subject_.torch() == nullptr;
    const auto kind = inspection_.missing ? Kind::smoke : after_torch ? Kind::name : Kind::torch;
    add(kind, fmt::format("the container exited with code {} {}", inspection_.exit_code,
                          inspection_.step.empty() ? "before it did anything" : "while " + inspection_.step));
  }

  const Subject& subject_;
  const image::Inspection& inspection_;
  VerifyDocument& document_;
};

/// Writes the record, or removes one that says of this lock that it is verified; a damaged one says nothing.
/// What was found with GPUs is not replaced by what is found without.
Result<void> update_record(const Subject& subject, VerifyDocument& document, const Context& context) {
  const auto& lock = subject.locked.lock;
  const auto record =
      project::verification_of(subject.workspace.project, lock.file, lock.digest, context.reporter);
  const auto& found = document.found;
  if (record && record->smoke == found.smoke && !record->gpus.empty() && found.gpus.empty() &&
      record->has_image(found.image_id, found.image_digest)) {
    context.reporter.note(fmt::format("{} is kept as it is: {}", document.record, record->text()));
    document.kept = true;
    return {};
  }
  if (document.verified()) return project::save_verification(context.disk, lock.file, found);
  if (!record) return {};
  TRY(project::remove_verification(context.disk, lock.file));
  document.removed = true;
  return {};
}

/// What is known before anything runs.
VerifyDocument document_of(const Subject& subject, const containers::Image& image,
                           const containers::EngineInfo& engine, const Context& context) {
  const auto& [recipe, lock] = subject.locked;
  VerifyDocument document;
  auto& found = document.found;
  found.lock = lock.digest;
  found.recipe = recipe.name;
  found.image_id = image.image_id;
  found.image_digest = image.digest;
  found.platform = subject.platform;
  found.smoke = recipe.verify.smoke;
  const auto& names = subject.scan.names;
  found.names = static_cast<std::size_t>(std::count_if(names.begin(), names.end(), is_needed));
  found.engine = fmt::format("{} {}", engine.name(), engine.version);
  found.time = utc_timestamp(context.clock.now());
  document.commit = subject.commit;
  document.files = subject.scan.files;
  document.record = subject.workspace.project.shown(project::verification_place(lock.file).value());
  return document;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::torch:
      return "torch";
    case Kind::gpu:
      return "gpu";
    case Kind::name:
      return "name";
    case Kind::smoke:
      break;
  }
  return "smoke";
}

Result<VerifyDocument> verify(const VerifyRequest& request, const Context& context,
                              const std::function<void(std::string_view)>& show) {
  constexpr std::size_t kMostLines = 20;
  TRY_ASSIGN(const auto subject, subject_of(request, context));
  TRY_ASSIGN(const auto engine, find_engine(context, subject.workspace.site, request.engine));
  TRY_ASSIGN(const auto image, find_image(subject, engine, context));
  auto document = document_of(subject, image, engine.info(), context);
  TRY_ASSIGN(const auto gpus, choose_gpus(subject, request, document.found, context));
  auto& output = document.output;
  const auto on_line = [&](std::string_view line) {
    if (output.size() == kMostLines) output.erase(output.begin());
    output.emplace_back(line);
    show(line);
  };
  context.reporter.status("verifying the image");
  TRY_ASSIGN(auto inspection, image::inspect_image(engine, inspect_request(subject, image.image_id, gpus),
                                                   on_line, context.work()));
  TRY(require_no_stop(context));
  document.found.torch = inspection.torch;
  document.smoke_code = inspection.smoke_code;
  document.smoke_seconds = inspection.smoke_seconds;
  TRY(Findings(subject, inspection, document).collect());
  TRY(update_record(subject, document, context));
  return document;
}

}  // namespace launch::commands
