#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "train/place.hpp"

namespace launch::train {

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
  return *plan_local(recipe, request, {.cpus = 2, .memory = std::uint64_t{8} << 30, .gpus = 0});
}

}  // namespace launch::train
