#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "image/own_layers.hpp"
#include "image/plan.hpp"
#include "image/wheel_groups.hpp"
#include "store/pull.hpp"
#include "store/store.hpp"
#include "store/trees.hpp"

namespace launch::image {

/// What containers of the base image need to be like those of the recipe's image (plan_image): the folders
/// kPythonHome and kVenv are mounted, the few other files are copied into each container, and the image's
/// settings are the container's.
struct MountedPlan {
  store::PulledImage base;
  Digest key;                                    ///< of the environment
  std::filesystem::path folder;                  ///< where it is once it is made, with python/ and venv/
  std::map<std::string, std::string> variables;  ///< that the image has and the base has not
  std::string user;                              ///< empty: the base's
  std::string work_folder;                       ///< empty: the base's
  bool has_files = false;                        ///< containers get files of their own (own_files)
  GroupedWheels grouped;
};

/// Why the containers of a locked recipe need an image: "the recipe demo installs packages with apt under
/// [image]"; empty if they do not.
std::string why_not_mounted(const project::Locked& locked);

/// The image's user and the project's files as they are now, sorted by path, but for what the recipe's mounts
/// hide; null if there are none. Errors: those of user_files and project_layer.
Result<std::shared_ptr<const OwnLayer>> own_files(const PlanRequest& request, const store::PulledImage& base,
                                                  const store::Store& store, const Work& work);

/// Plans an environment for a recipe that needs no image, and makes nothing of it. Errors: those of
/// fetch_base and wheels_for; (input): the base image is malformed.
Result<MountedPlan> plan_mounted(const PlanRequest& request, const store::Store& store);

/// The environment of a plan: the store's, or made from the wheels, which are unpacked and compiled once, on
/// all cores, with a warning of files that others replace. Errors: those of the request's functions,
/// find_overlaps, wheel_bytecode, install_wheels and unpack_interpreter; (environment): it cannot be written;
/// it was changed and is in use; a stop.
Result<store::Environment> make_environment(const PlanRequest& request, const MountedPlan& plan,
                                            const store::Store& store, ProcessRunner& runner,
                                            const Work& work);

/// Writes files as a tar. Errors (environment).
Result<void> write_files(const OwnLayer& files, const std::filesystem::path& tar, Disk& disk);

}  // namespace launch::image
