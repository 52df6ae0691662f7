#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "image/layers.hpp"
#include "project/project.hpp"
#include "specs/platform.hpp"

namespace launch::image {

/// The command of a trial: these wheels are installed, nothing else is in the virtual environment, and those
/// of the packages that the recipe lists can be imported. If so, it exits with 0; only then it writes `word`
/// on a line of its own, unless that is empty. Pure.
std::vector<std::string> trial_command(const std::vector<ImageWheel>& wheels, const project::Recipe& recipe,
                                       const std::string& word = {});

/// Runs a new image once, without network: its interpreter starts, what the lock has is installed, nothing
/// else is beside it, and the packages that the recipe lists can be imported. An image for another platform
/// than this machine's is left out, which is said. `folder`: as BuildRequest::folder; what a killed trial
/// left is removed. Errors (no): it does not work, with the words of the container; (environment): the engine
/// cannot run it; a stop.
Result<void> try_image(const containers::Engine& engine, const Digest& image_id,
                       const project::Locked& locked, const specs::Platform& platform,
                       const std::filesystem::path& folder, const Work& work);

}  // namespace launch::image
