#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"
#include "containers/engine_type.hpp"
#include "project/labels.hpp"
#include "train/flight.hpp"
#include "train/gpu_share.hpp"
#include "train/mount_access.hpp"
#include "train/place.hpp"
#include "train/places/local_names.hpp"
#include "train/sockets.hpp"
#include "train/subnet.hpp"

namespace launch::train {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
/// The containers' interface in the run's network.
constexpr const char* kInterface = "eth0";

std::string container_of(const Plan& plan, const NodePlan& node) {
  return names_of_containers(plan.run) + node.host;
}

containers::Network network_spec(const std::string& run, const Subnet& subnet) {
  return {.name = network_of(run), .labels = labels_of(run), .subnet = subnet.text()};
}

/// DataLoader workers and NCCL pass tensors through /dev/shm. The size is a limit and reserves nothing: half
/// of the memory, as Linux gives a tmpfs, shared by the nodes.
std::uint64_t shm_bytes(const Machine& machine, std::size_t nodes) {
  return std::max(kGiB, machine.memory / 2 / nodes / kGiB * kGiB);
}

/// --port 0. Each node has its own ports, of which only the image's own programs can take one.
void choose_port(Plan& plan) {
  if (plan.rendezvous.port != 0) return;
  constexpr std::uint32_t kLeast = 20000;  // below the ports that Linux gives to clients
  constexpr std::uint32_t kCount = 10000;
  plan.rendezvous.port = static_cast<std::uint16_t>(kLeast + hash_of_run(plan.run) % kCount);
  plan.notes.push_back(fmt::format("--port 0: torchrun uses port {}", plan.rendezvous.port));
}

std::vector<unsigned> device_groups_of(const Plan& plan) {
  std::vector<std::string> devices;
  for (const auto& node : plan.nodes) devices.insert(devices.end(), node.devices.begin(), node.devices.end());
  return groups_of(devices);
}

void add_variables(Plan& plan, const Machine& machine) {
  const auto ranks = static_cast<unsigned>(plan.world_size());
  add_variable(plan, {"OMP_NUM_THREADS", std::to_string(std::max(1U, machine.cpus / ranks)),
                      fmt::format("{} shared by {} on this machine; torchrun would set 1",
                                  count_of(machine.cpus, "CPU"), count_of(ranks, "rank"))});
  add_variable(plan,
               {"GLOO_SOCKET_IFNAME", kInterface,
                "the container's interface in the run's network; gloo would look up its own host name"});
}

/// Nodes are containers of this machine: sockets between them, NVLink and shared memory within each.
void configure_nccl(Plan& plan, const NcclRoot& root) {
  if (plan.backend != "nccl") return;
  const NcclNodes nodes{.on = NcclNodes::On::one_machine,
                        .count = static_cast<int>(plan.nodes.size()),
                        .interface = kInterface};
  add_nccl(plan, nccl_environment(read_nccl_host(root, plan.environment), nodes, plan));
}

/// A data loader passes each tensor between its processes as an open file, so the soft limit of 1024 that
/// docker gives by default is soon reached ("Too many open files"). No engine without privileges can go
/// beyond this process's own hard limit; the cap is podman's, since programs that look at each possible file
/// (old Pythons, when they start a process) are slow with a thousand times as many.
void limit_files(Plan& plan, const Machine& machine) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 20;
  if (machine.files == 0) return;
  const auto files = std::min(machine.files, kMost);
  plan.ulimits["nofile"] = fmt::format("{}:{}", files, files);
}

/// What a container of the base image needs to be like one of the recipe's image.
void add_environment(const MountedEnvironment& mounted, const containers::EngineInfo& engine,
                     containers::RunSpec& spec) {
  spec.image_name += " with the mounted environment";
  spec.user = mounted.user;
  spec.folder = mounted.folder;
  spec.files = mounted.files;
  spec.unlabelled = engine.selinux;
  for (const auto& [name, value] : mounted.variables) spec.environment.try_emplace(name, value);
  for (const auto& mount : mounted.mounts) spec.mounts.push_back({mount.from, mount.to, mount.read_only});
}

std::vector<containers::Mount> mounts_of(const Plan& plan) {
  std::vector<containers::Mount> mounts;
  for (const auto* all : {&plan.mounts, &plan.nccl_mounts}) {
    for (const auto& mount : *all) mounts.push_back({mount.from, mount.to, mount.read_only, mount.relabel});
  }
  return mounts;
}

/// Mounts, secrets and the folder where ranks start.
void add_given_parts(const Plan& plan, containers::RunSpec& spec) {
  for (const auto& mount : mounts_of(plan)) spec.mounts.push_back(mount);
  for (const auto& [name, file] : plan.secrets)
    spec.mounts.push_back({file, fmt::format("{}/{}", kSecretsFolder, name), true});
  if (!plan.workdir.empty()) spec.folder = plan.workdir;
  spec.caller = plan.caller;
  spec.without_proxies = true;
}

containers::RunSpec container_spec(const Plan& plan, const NodePlan& node, const Subnet& subnet,
                                   const containers::EngineInfo& engine) {
  containers::RunSpec spec;
  spec.name = container_of(plan, node);
  // By its ID: another build may move the name while the nodes start.
  spec.image = plan.image.image_id ? plan.image.image_id->text() : plan.image.name;
  spec.image_name = plan.image.name;
  spec.argv = argv_of(plan, node);
  spec.program = kTorchrun;
  for (auto& variable : environment_of(plan, node)) {
    auto& of_spec = variable.hidden ? spec.hidden : spec.environment;
    of_spec[variable.name] = variable.value;
  }
  if (plan.mounted) add_environment(*plan.mounted, engine, spec);
  spec.labels = labels_of(plan.run);
  spec.mounts.push_back({plan.node_folder.string(), kNodeFolder, true, engine.selinux});
  if (records_flight(plan))
    spec.mounts.push_back({flight_folder(plan).string(), kFlightFolder, false, engine.selinux});
  add_given_parts(plan, spec);
  spec.network = network_of(plan.run);
  spec.hostname = node.host;
  spec.address = subnet.address(node.index);
  for (const auto& other : plan.nodes) spec.hosts[other.host] = subnet.address(other.index);
  spec.shm_bytes = plan.shm_bytes;
  spec.pids_limit = -1;  // podman's default of 2048 can be too few for one rank per GPU with its data loaders
  // Limits are those of the machine that the engine runs on.
  if (engine.elsewhere.empty()) spec.ulimits = plan.ulimits;
  spec.devices = plan.devices;
  spec.devices.insert(spec.devices.end(), node.devices.begin(), node.devices.end());
  if (!node.devices.empty()) spec.device_groups = plan.device_groups;
  spec.working_folder = plan.node_folder.parent_path();
  spec.stop_seconds = static_cast<int>(plan.grace.interrupted.count());
  spec.stop_signal = kStopSignal;
  spec.guarded = true;
  if (node.devices.empty()) spec.gpus = node.gpus;
  return spec;
}

/// Nodes on their own network, where they find each other by name.
class LocalPlace final : public Place {
 public:
  explicit LocalPlace(PlaceTools tools) : tools_(std::move(tools)) {}
  LocalPlace(const LocalPlace&) = delete;
  LocalPlace& operator=(const LocalPlace&) = delete;
  ~LocalPlace() override { clients_.request_stop(); }

  Result<Plan> plan(const project::Recipe& recipe, const PlanRequest& request) const override {
    TRY_ASSIGN(auto plan, plan_run(recipe, request));
    choose_port(plan);
    TRY(share_gpus(plan, request, tools_.machine.gpus));
    plan.device_groups = device_groups_of(plan);
    TRY(check_given_files(plan, request.given));
    add_variables(plan, tools_.machine);
    configure_nccl(plan, tools_.nccl);
    limit_files(plan, tools_.machine);
    add_flight_recorder(plan);
    plan.shm_bytes = shm_bytes(tools_.machine, plan.nodes.size());
    return plan;
  }

  Result<void> open() override {
    if (engine_) return {};
    TRY_ASSIGN(auto found, tools_.engine());
    engine_.emplace(std::move(found));
    return {};
  }

  Result<std::optional<TrainImage>> find_image(const std::string& name) const override {
    TRY_ASSIGN(const auto image, engine_->find_image(name));
    if (!image) return std::nullopt;
    return TrainImage{name,
                      image->image_id,
                      image->digest,
                      project::digest_label(image->labels, project::kLockLabel),
                      project::digest_label(image->labels, project::kRecipeLabel),
                      project::digest_label(image->labels, project::kFilesLabel),
                      image->user};
  }

  Result<void> fit_user(Plan& plan, unsigned added, const std::stop_token& stop) const override {
    note_labels(plan, engine_->info());
    const bool own = plan.mounted && !plan.mounted->user.empty();
    const auto& user = own ? plan.mounted->user : plan.image.user;
    if (user.empty() || !plan.image.image_id || !depends_on_user(plan, engine_->info())) return {};
    containers::RunSpec asked;
    asked.image = plan.image.image_id->text();
    asked.name = names_of_containers(plan.run) + "user";
    asked.labels = labels_of(plan.run);
    asked.mounts = mounts_of(plan);
    auto ids = engine_->ids_of(user, std::move(asked), stop);
    if (!ids && own) ids = {added, added};
    return ids ? train::fit_user(plan, engine_->info(), user, *ids) : Result<void>();
  }

  PlaceDescription describe(const Plan& plan) const override {
    PlaceDescription description;
    description.software = fmt::format("{} {}", engine_->info().name(), engine_->info().version);
    for (const auto& node : plan.nodes) description.nodes.push_back(container_of(plan, node));
    return description;
  }

  PlaceHandle handle() const override { return {"local", engine_->info().name(), engine_->info().program}; }

  PlaceCommands commands(const Plan& plan) const override {
    const auto& info = engine_->info();
    const auto subnet = Subnet::of_run(plan.run, plan.nodes.size());
    PlaceCommands commands;
    commands.before = {
        {engine_->command(containers::network_arguments(info, network_spec(plan.run, subnet)))}};
    for (const auto& node : plan.nodes) {
      auto& of_node = commands.nodes.emplace_back();
      for (auto& each : containers::run_commands(info, container_spec(plan, node, subnet, info)))
        of_node.push_back({engine_->command(each.argv), std::move(each.input)});
    }
    for (const auto& variable : plan.environment) {
      if (variable.hidden) commands.variables.push_back(variable.name);
    }
    commands.after = {{engine_->command({"network", "rm", network_of(plan.run)})}};
    return commands;
  }

  std::string why_not_mounted() const override {
    const auto& info = engine_->info();
    return info.elsewhere.empty() ? "" : fmt::format("{} does not run here: {}", info.name(), info.elsewhere);
  }

  bool gives_up_selinux() const override { return engine_->info().selinux; }

  Result<void> start(const Plan& plan, PlaceSinks sinks) override {
    run_ = plan.run;
    sinks_ = std::move(sinks);
    clients_ = std::stop_source();  // an earlier attempt, or a check of the same nodes, may have been stopped
    orderly_ = true;
    stopped_ = {};
    TRY_ASSIGN(subnet_, create_network(plan));
    clients_threads_.reserve(plan.nodes.size());
    for (const auto& node : plan.nodes) {
      clients_threads_.emplace_back([this, &plan, &node] { run_node(plan, node); });
    }
    return {};
  }

  std::vector<Reach> reach(const Plan& plan) override {
    std::vector<Reach> all;
    all.reserve(plan.nodes.size());
    std::optional<Result<std::vector<std::string>>> running;  // asked for once, if a node cannot be asked
    for (const auto& node : plan.nodes) {
      auto reach = reach_of_node(plan, node);
      if (!reach) {
        if (!running) running = engine_->containers(project::kRunLabel, run_);
        const auto& names = *running;
        const bool runs =
            !names || std::find(names->begin(), names->end(), container_of(plan, node)) != names->end();
        reach = runs ? Reach::unknown : Reach::absent;
      }
      all.push_back(*reach);
    }
    return all;
  }

  void stop(std::chrono::seconds grace) override {
    orderly_ = false;
    const std::scoped_lock lock(mutex_);
    stop_threads_.emplace_back([this, grace] {
      auto stopped = engine_->remove_containers(project::kRunLabel, run_, static_cast<int>(grace.count()));
      clients_.request_stop();  // a container still being created could not be stopped above
      const std::scoped_lock lock(mutex_);
      if (stopped_) stopped_ = std::move(stopped);
    });
  }

  Result<void> finish() override {
    for (auto& thread : clients_threads_) thread.join();
    clients_threads_.clear();
    for (auto& thread : stop_threads_) thread.join();
    stop_threads_.clear();
    // All containers ended by themselves, and removed themselves: the network can go at once.
    if (orderly_ && engine_->remove_network(network_of(run_))) return {};
    auto containers = engine_->remove_containers(project::kRunLabel, run_, 0);
    TRY(std::move(stopped_));
    TRY(engine_->remove_network(network_of(run_)));
    return containers;
  }

  Result<std::vector<std::string>> left_runs() const override {
    TRY_ASSIGN(const auto found, engine_->labelled(project::kRunLabel));
    std::set<std::string> runs;
    for (const auto& name : found.containers) runs.insert(run_of_container(name));
    for (const auto& name : found.networks) runs.insert(run_of_network(name));
    // Another state folder's run lives as long as its clients do; they are asked for after the lists.
    std::erase_if(runs,
                  [](const auto& run) { return run.empty() || a_process_has_argument(network_of(run)); });
    return std::vector<std::string>(runs.begin(), runs.end());
  }

  Result<void> remove(const std::string& run) override {
    constexpr int kTries = 120;
    constexpr int kCleanLooks = 2;  // a daemon may still create the container of a client that was killed
    constexpr std::chrono::milliseconds kPause{500};
    const auto grace = static_cast<int>(Grace().failed.count());
    int clean = 0;
    for (int tries = 0; tries < kTries && clean < kCleanLooks; ++tries) {
      if (tries > 0) tools_.clock.sleep(kPause);
      TRY(engine_->remove_containers(project::kRunLabel, run, grace));
      TRY_ASSIGN(const auto left, engine_->containers(project::kRunLabel, run));
      // The engine's clients outlive a launch that is killed, and may be about to create a container.
      clean = left.empty() && !a_process_has_argument(names_of_containers(run)) ? clean + 1 : 0;
    }
    return engine_->remove_network(network_of(run));
  }

 private:
  /// nullopt if its kernel cannot be asked.
  std::optional<Reach> reach_of_node(const Plan& plan, const NodePlan& node) const {
    constexpr std::chrono::seconds kPatience{5};
    auto spec =
        engine_->process({"exec", container_of(plan, node), "cat", "/proc/net/tcp", "/proc/net/tcp6"});
    spec.timeout = kPatience;
    const auto tables = engine_->runner().run(spec);
    if (!tables || tables->out.empty()) return std::nullopt;
    return reach_of(read_tcp_sockets(tables->out), plan.rendezvous.port, node.index == 0);
  }

  /// On a subnet that nothing else uses.
  Result<Subnet> create_network(const Plan& plan) const {
    constexpr unsigned kTries = 16;
    for (unsigned tries = 0; tries < kTries; ++tries) {
      const auto subnet = Subnet::of_run(plan.run, plan.nodes.size(), tries);
      TRY_ASSIGN(const bool created, engine_->create_network(network_spec(plan.run, subnet)));
      if (created) return subnet;
    }
    return fail(
        environment_error(fmt::format("{} found no free subnet in {} for the run's network ({} tried)",
                                      engine_->info().name(), Subnet::kAll, kTries))
            .hint(
                fmt::format("list the networks with `{} network ls`, and remove those of runs that are gone",
                            engine_->info().name())));
  }

  void run_node(const Plan& plan, const NodePlan& node) {
    sinks_.event(NodeStarted{node.index});
    const auto on_line = [&](Stream stream, std::string_view line) {
      // A client that is being stopped complains of that.
      const bool complains =
          !orderly_ && stream == Stream::err && engine_->info().type->is_clients_line(line);
      if (!complains) sinks_.line(node.index, stream, line);
    };
    auto outcome = engine_->run(container_spec(plan, node, *subnet_, engine_->info()), on_line,
                                clients_.get_token(), sinks_.pause);
    if (outcome) {
      sinks_.event(NodeEnd{.node = node.index, .code = outcome->exit_code});
    } else {
      orderly_ = false;
      sinks_.event(PlaceFailed{node.index, std::move(outcome.error())});
    }
  }

  PlaceTools tools_;
  std::optional<containers::Engine> engine_;
  std::string run_;
  std::optional<Subnet> subnet_;
  PlaceSinks sinks_;
  std::stop_source clients_;
  std::atomic<bool> orderly_{true};  ///< nothing was stopped, and no node failed
  std::mutex mutex_;
  Result<void> stopped_;
  // Joined before the other members are destroyed.
  std::vector<std::jthread> stop_threads_;
  std::vector<std::jthread> clients_threads_;
};

}  // namespace

std::unique_ptr<Place> make_local_place(PlaceTools tools) {
  return std::make_unique<LocalPlace>(std::move(tools));
}

}  // namespace launch::train
