#include "commands/mounted_run.hpp"

#include <utility>

#include <fmt/format.h>

#include "commands/project_copies.hpp"
#include "image/dockerfile.hpp"
#include "image/hand_over.hpp"
#include "image/layers.hpp"

namespace launch::commands {

std::string why_not_mounted(const train::Place& place, const project::Locked& locked) {
  auto why = image::why_not_mounted(locked);
  return why.empty() ? place.why_not_mounted() : why;
}

Result<MountedRun> MountedRun::plan(Workspace workspace, project::Locked locked, const std::string& engine,
                                    bool fetch, const Context& context) {
  TRY_ASSIGN(auto inputs, ImageInputs::of(std::move(workspace), std::move(locked), context, engine));
  auto request = inputs->plan_request(*specs::Platform::of_this_machine());
  if (!fetch) {
    TRY_ASSIGN(const auto known, inputs->find_base(request.platform));
    if (!known) return fail(environment_error("the base image is not in the store"));
  }
  TRY_ASSIGN(auto plan, image::plan_mounted(request, inputs->store()));
  return MountedRun(std::move(inputs), std::move(request), std::move(plan));
}

void MountedRun::add_to(train::Plan& plan, const train::RunFolder& folder, std::string reason) const {
  plan.image = {.name = image::base_reference(plan_.base.digest), .digest = plan_.base.digest};
  auto& mounted = plan.mounted.emplace();
  mounted.key = plan_.key;
  mounted.reason = std::move(reason);
  mounted.mounts = {{(plan_.folder / "python").string(), std::string(image::kPythonHome), true},
                    {(plan_.folder / "venv").string(), std::string(image::kVenv), true}};
  mounted.variables = plan_.variables;
  mounted.user = plan_.user;
  mounted.folder = plan_.work_folder;
  if (plan_.has_files) mounted.files = folder.files();
}

Result<void> MountedRun::make(train::Plan& plan, const train::Place& place, const Context& context) {
  const auto work = context.work();
  TRY_ASSIGN(environment_, image::make_environment(*request_, plan_, inputs_->store(), context.runner, work));
  TRY_ASSIGN(const auto engine, inputs_->engine());
  TRY(image::hand_base_over(plan_.base, request_->platform, inputs_->folder(), engine, work));
  TRY_ASSIGN(auto image, place.find_image(plan.image.name));
  if (image) plan.image = *std::move(image);
  // The project's files as they are now, and not as they were before all that was fetched and unpacked.
  const auto& inputs = *inputs_;
  SilentReporter silent;
  const auto& locked = inputs.locked();
  TRY_ASSIGN(request_->copies, find_copies({inputs.project(), locked.recipe, locked.lock.lock.base_user(),
                                            inputs.store(), silent},
                                           context));
  TRY_ASSIGN(const auto files, image::own_files(*request_, plan_.base, inputs.store(), work));
  if (files) {
    plan.mounted->write_files = [files, &disk = context.disk](const auto& tar) {
      return image::write_files(*files, tar, disk);
    };
  } else {
    plan.mounted->files.clear();
  }
  if (engine.info().selinux) {
    plan.notes.emplace_back(
        "SELinux does not confine the containers of this run (label=disable), since they mount folders of "
        "the "
        "store");
  }
  request_.reset();
  inputs_.reset();
  return {};
}

}  // namespace launch::commands
