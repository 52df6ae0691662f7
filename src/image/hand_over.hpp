#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "image/build.hpp"
#include "image/plan.hpp"
#include "registry/serve.hpp"

namespace launch::image {

/// What a registry offers of an image; its layers are read from the store when they are sent.
registry::ServedRepository served_repository(const ImagePlan& plan);

/// Has an engine pull a planned image from a registry of our own on a loopback address, by its digest, and
/// tags it for the recipe once `try_it` found that it works (it may be empty). The engine asks only for
/// layers that it lacks, and checks each. An engine that does not reach this machine's loopback addresses
/// loads the whole image as an archive, which is said. An image that is there already is only found, unless
/// `again`. Hand-overs of the same image wait for each other in `folder`. Errors: those of `try_it` and
/// ImageArchive; (environment): the engine cannot pull or load; a stop was requested.
Result<BuildOutcome> hand_over(const ImagePlan& plan, const std::string& recipe,
                               const std::filesystem::path& folder, bool again,
                               const std::function<Result<void>(const Digest& image_id)>& try_it,
                               const containers::Engine& engine, const Work& work);

}  // namespace launch::image
