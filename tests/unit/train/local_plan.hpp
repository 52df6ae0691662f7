#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "train/place.hpp"

namespace launch::train {

/// That many GPUs, as nvidia-smi lists them.
inline MachineGpus gpus_of(std::size_t count) {
  MachineGpus gpus;
  for (std::size_t i = 0; i < count; ++i)
    gpus.usable.push_back({.index = std::to_string(i), .uuid = "GPU-" + std::to_string(i)});
  return gpus;
}

/// That many of AMD's.
inline MachineGpus amd_gpus_of(std::size_t count) {
  MachineGpus gpus{.vendor = &gpu_vendors()[1]};
  for (std::size_t i = 0; i < count; ++i) {
    gpus.usable.push_back({.index = std::to_string(i),
                           .uuid = "GPU-" + std::to_string(i),
                           .device = "/dev/dri/renderD" + std::to_string(128 + i)});
  }
  return gpus;
}

/// A plan of the local place on some machine.
inline Result<Plan> plan_local(const project::Recipe& recipe, const PlanRequest& request,
                               const Machine& machine) {
  SystemClock clock;
  TRY_ASSIGN(const auto place, make_place("local", {clock, machine, {}}));
  return place->plan(recipe, request);
}

/// The plan of the run demo-1 on two nodes of a small machine without GPUs.
inline Plan plan_of_two_nodes(PlanRequest request = {}) {
  project::Recipe recipe;
  recipe.name = "demo";
  recipe.train.command = {"train.py"};
  recipe.train.nodes = 2;
  request.run = "demo-1";
  return *plan_local(recipe, request, {.cpus = 2, .memory = std::uint64_t{8} << 30});
}

}  // namespace launch::train
