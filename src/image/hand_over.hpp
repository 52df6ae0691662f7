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
#include "specs/platform.hpp"
#include "store/pull.hpp"

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

/// The name of a base image in an engine that got it from the store: "localhost/launch-base:0123456789ab".
std::string base_reference(const Digest& digest);

/// Has an engine take a base image from the store in the same way, as base_reference, if it does not have it.
/// Returns the engine's image. Errors: those of hand_over; (input): a malformed manifest.
Result<containers::Image> hand_base_over(const store::PulledImage& base, const specs::Platform& platform,
                                         const std::filesystem::path& folder,
                                         const containers::Engine& engine, const Work& work);

}  // namespace launch::image
