#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/image_inputs.hpp"
#include "image/mounted.hpp"
#include "train/place.hpp"
#include "train/plan.hpp"
#include "train/run_folder.hpp"

namespace launch::commands {

/// The environment of a run without an image of its recipe.
class MountedRun {
 public:
  /// Plans it, and makes nothing but what is known of the base image. Errors: those of find_project_files,
  /// open_store and plan_mounted; (environment): the store does not have the base image, and it is not to be
  /// fetched.
  static Result<MountedRun> plan(Workspace workspace, project::Locked locked, const std::string& engine,
                                 bool fetch, const Context& context);

  /// Adds it to the plan of a run. `reason`: why there is no image.
  void add_to(train::Plan& plan, const train::RunFolder& folder, std::string reason) const;

  /// Makes it, and hands the base image to the engine. It stays in the store as long as this object lives.
  /// Errors: those of make_environment and hand_base_over.
  Result<void> make(train::Plan& plan, const train::Place& place, const Context& context);

 private:
  MountedRun(std::unique_ptr<ImageInputs> inputs, image::PlanRequest request, image::MountedPlan plan)
      : inputs_(std::move(inputs)), request_(std::move(request)), plan_(std::move(plan)) {}
  std::unique_ptr<ImageInputs>
      inputs_;  ///< null once it is made, so that the store can be collected meanwhile
  std::optional<image::PlanRequest> request_;
  image::MountedPlan plan_;
  std::optional<store::Environment> environment_;
};

/// Why a run cannot do without an image; empty if it can.
std::string why_not_mounted(const train::Place& place, const project::Locked& locked);

}  // namespace launch::commands
