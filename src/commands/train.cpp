#include "commands/train.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/engine.hpp"
#include "commands/found_image.hpp"
#include "commands/mounted_run.hpp"
#include "image/user.hpp"
#include "train/flight.hpp"
#include "train/gpu_share.hpp"
#include "train/machine.hpp"
#include "train/run_list.hpp"

namespace launch::commands {
namespace {

enum class Purpose { run, print_commands };

/// A run that can be started, except for its image.
struct Prepared {
  std::unique_ptr<train::Place> place;
  train::RunFolder folder;
  train::Plan plan;
  std::optional<Error> image_error;  ///< (no) there is no image of the lock
  std::optional<MountedRun> mounted;
};

/// Decides whether a run has an image or a mounted environment, and adds the latter to its plan.
/// `image_error` says why there is no image.
Result<std::optional<MountedRun>> choose_environment(const TrainRequest& request, const train::Place& place,
                                                     const Workspace& workspace,
                                                     const project::Locked& locked,
                                                     std::optional<Error>& image_error, Purpose purpose,
                                                     const Context& context) {
  using train::EnvironmentKind;
  const bool wanted = request.environment == EnvironmentKind::mounted;
  if (!wanted && (request.environment || !image_error)) return std::nullopt;
  auto why = why_not_mounted(place, locked);
  if (why.empty() && !wanted && place.gives_up_selinux())
    why = "SELinux would not confine its containers; --env mounted does it all the same";
  if (wanted && !why.empty()) {
    return fail(input_error(fmt::format("cannot mount an environment: {}", why))
                    .hint(fmt::format("run `launch build {}`, and use --env image", locked.recipe.name)));
  }
  if (!why.empty()) {
    auto error = environment_error(
        fmt::format("{}; an environment cannot be mounted instead: {}", image_error->message(), why));
    for (const auto& hint : image_error->hints()) error.hint(hint);
    image_error = std::move(error);
    return std::nullopt;
  }
  if (!wanted && purpose == Purpose::run) {
    context.reporter.note(fmt::format("mounting an environment, since {}; `launch build {}` makes an image",
                                      image_error->message(), locked.recipe.name));
  }
  auto mounted =
      MountedRun::plan(workspace, locked, place.handle().program, purpose == Purpose::run, context);
  if (mounted) return std::optional(*std::move(mounted));
  if (purpose == Purpose::run) return fail(std::move(mounted.error()));
  context.reporter.warn(
      fmt::format("the commands are those for an image, since those for a mounted environment are not "
                  "known: {}",
                  mounted.error().message()));
  return std::nullopt;
}

/// Fills in the plan's image; returns an error if there is none.
Result<std::optional<Error>> find_image(const train::Place& place, const Workspace& workspace,
                                        const project::Locked& locked, train::Plan& plan,
                                        const Context& context) {
  const auto name = project::image_reference(plan.recipe);
  TRY_ASSIGN(auto image, place.find_image(name));
  plan.image.name = name;
  if (image) plan.image = *image;
  return wrong_image({place.handle().engine, image.has_value(), plan.image.lock_digest,
                      plan.image.recipe_digest, plan.image.files_digest},
                     locked, workspace, context);
}

/// Whether lock and image were verified, and a line that says so.
void find_verification(const project::Project& project, const project::Locked& locked, train::Plan& plan,
                       Reporter& reporter) {
  auto record =
      project::verification_for(project, locked.recipe, locked.lock.file, locked.lock.digest, reporter);
  const auto& image = plan.image;
  const bool same = record && image.image_id && record->has_image(*image.image_id, image.digest);
  if (same) {
    plan.notes.push_back(record->text());
    plan.verified = std::move(record);
    return;
  }
  plan.notes.push_back(
      fmt::format("{}: run `launch verify {}`",
                  record ? "this image is not verified, but another image of this lock is" : "not verified",
                  plan.recipe));
}

/// With those of its GPUs that the run may use, if it may need any.
Result<train::Machine> machine_for(const TrainRequest& request, const project::Locked& locked,
                                   const Context& context) {
  auto machine = train::this_machine();
  const auto* vendor = train::gpu_vendor(project::accelerator(locked.lock.lock));
  if (vendor == nullptr) return machine;
  if (vendor != machine.gpus.vendor) machine.gpus = train::find_gpus(*vendor);
  const bool needed = !request.gpus.value_or(locked.recipe.train.gpus).empty();
  if (!needed || machine.gpus.existing() == 0) return machine;
  train::complete_gpus(machine.gpus, context.runner, context.stop);
  TRY(train::limit_gpus(machine.gpus, context.environment.values()));
  return machine;
}

void warn_of_busy_gpus(const train::Plan& plan, const train::MachineGpus& gpus,
                       const std::filesystem::path& state, Reporter& reporter) {
  if (plan.backend != "nccl") return;
  std::vector<train::GpuUser> others;
  const auto folders = train::run_folders(state);
  for (const auto& folder : folders.value_or(std::vector<train::RunFolder>())) {
    if (!folder.is_held()) continue;  // most are of runs that ended long ago
    const auto run = train::look_at_run(folder);
    if (!run || run->state != train::RunState::running) continue;
    for (const auto& used : run->summary.gpus) {
      if (!used.empty()) others.push_back({run->summary.run, used});
    }
  }
  for (const auto& warning : train::busy_gpus(plan, gpus, others)) reporter.warn(warning);
}

Result<Prepared> prepare(const TrainRequest& request, const Context& context, Purpose purpose) {
  TRY_ASSIGN(const auto workspace, open_workspace(context));
  TRY_ASSIGN(const auto locked, project::load_locked(workspace.project, request.recipe, context.reporter));
  TRY_ASSIGN(const auto machine, machine_for(request, locked, context));
  train::PlaceTools tools{context.clock, machine, [&context, &workspace, &request] {
                            return find_engine(context, workspace.site, request.engine);
                          }};
  tools.nccl.root = "/";
  const auto nccl = train::nccl_of(locked.lock.lock);
  if (const auto own =
          fabric::own_conf_file(context.environment.values(), nccl.value_or(fabric::kNewestNccl)))
    tools.nccl.own_conf = context.folder / *own;
  TRY_ASSIGN(auto place, train::make_place(request.place, std::move(tools)));
  std::random_device random;
  const auto run =
      train::run_id(locked.recipe.name, context.clock.now(), static_cast<std::uint16_t>(random()));
  const auto& state = workspace.site.state.value;
  auto folder =
      purpose == Purpose::run ? train::RunFolder(state, run) : train::RunFolder::for_commands(state);
  TRY_ASSIGN(auto given, train::read_given(request.given, context.environment, context.folder));
  const train::PlanRequest wanted{.run = run,
                                  .lock_digest = locked.lock.digest,
                                  .project = workspace.project.root(),
                                  .node_folder = folder.node_folder(),
                                  .nodes = request.nodes,
                                  .gpus = request.gpus,
                                  .accelerator = project::accelerator(locked.lock.lock),
                                  .port = request.port,
                                  .grace = request.grace,
                                  .limits = request.limits,
                                  .arguments = request.arguments,
                                  .given = std::move(given),
                                  .nccl = nccl};
  TRY_ASSIGN(auto plan, place->plan(locked.recipe, wanted));
  train::note_proxies(plan, context.environment);
  plan.preflight = request.preflight.value_or(place->has_several_hosts(plan));
  TRY(place->open());
  TRY_ASSIGN(auto image_error, find_image(*place, workspace, locked, plan, context));
  if (place->handle().place == train::place_kinds().front().name) {
    const auto fits = train::check_gpus(plan, locked.lock.lock, machine.gpus);
    if (!fits && purpose == Purpose::run) return fail(fits.error());
    if (!fits) context.reporter.warn(fits.error().message());
    warn_of_busy_gpus(plan, machine.gpus, state, context.reporter);
  }
  TRY_ASSIGN(auto mounted,
             choose_environment(request, *place, workspace, locked, image_error, purpose, context));
  if (mounted) {
    mounted->add_to(plan, folder, request.environment ? "--env mounted" : image_error->message());
    image_error.reset();
    if (purpose == Purpose::print_commands) {
      TRY_ASSIGN(auto base, place->find_image(plan.image.name));
      if (base) plan.image = *std::move(base);
    }
  } else if (!image_error) {
    find_verification(workspace.project, locked, plan, context.reporter);
  }
  return Prepared{std::move(place), std::move(folder), std::move(plan), std::move(image_error),
                  std::move(mounted)};
}

/// What the nodes get their files from.
std::string environment_of(const train::Plan& plan) {
  if (!plan.mounted) {
    const auto& image = plan.image;
    return image.digest ? "image digest " + image.digest->text() : "image ID " + image.image_id->text();
  }
  constexpr std::size_t kShown = 12;
  return fmt::format("mounted environment {} ({})", plan.mounted->key.hex().substr(0, kShown),
                     plan.mounted->reason);
}

void tell_notes(const train::Plan& plan, Reporter& reporter) {
  for (const auto& note : plan.notes) reporter.note(note);
}

}  // namespace

Result<TrainDocument> train(const TrainRequest& request, const Context& context, train::LogMux::Show show,
                            Reporter& running) {
  TRY_ASSIGN(auto prepared, prepare(request, context, Purpose::run));
  auto& [place, folder, plan, image_error, mounted] = prepared;
  if (image_error) return fail(*std::move(image_error));
  if (mounted) TRY(mounted->make(plan, *place, context));
  TRY(place->fit_user(plan, image::kUserId, context.stop));
  tell_notes(plan, context.reporter);
  auto description = place->describe(plan);
  context.reporter.note(
      fmt::format("run {}: {} of {}, {} with {}, {}", plan.run, count_of(plan.nodes.size(), "node"),
                  count_of(static_cast<std::size_t>(plan.rendezvous.ranks_per_node), "rank"),
                  description.software, plan.backend, environment_of(plan)));
  const train::RunWorld world{context.runner,
                              {context.disk, context.clock, running, context.stop},
                              context.program,
                              context.signal,
                              context.take_signals};
  TRY_ASSIGN(auto report, train::carry_out(plan, *place, folder, world, std::move(show)));
  return TrainDocument{std::move(plan), std::move(description), std::move(folder), std::move(report)};
}

Result<TrainCommands> train_commands(const TrainRequest& request, const Context& context) {
  TRY_ASSIGN(auto prepared, prepare(request, context, Purpose::print_commands));
  if (prepared.image_error) context.reporter.warn(prepared.image_error->message());
  TRY(prepared.place->fit_user(prepared.plan, image::kUserId, context.stop));
  tell_notes(prepared.plan, context.reporter);
  TRY(prepared.folder.write_node_files(context.disk));
  TRY(train::make_flight_folder(context.disk, prepared.plan));
  if (prepared.plan.preflight)
    context.reporter.note(
        "the commands run the training without its preflight, whose results only launch reads");
  if (prepared.plan.mounted) {
    context.reporter.warn(
        "the commands need what a run makes before: the mounted environment and a tar of the project's "
        "files; "
        "those of --env image need nothing");
  }
  auto commands = prepared.place->commands(prepared.plan);
  return TrainCommands{std::move(prepared.plan), std::move(commands)};
}

}  // namespace launch::commands
