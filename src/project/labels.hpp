#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/digest.hpp"

namespace launch::project {

// The labels of an engine's images and containers, with their writers and readers.

/// On an image: the digest of the lock that it was built from. Written by `image` (render_dockerfile), read
/// by `train` (is this the image of the lock?).
inline constexpr const char* kLockLabel = "launch.lock";

/// On an image: the digest of the recipe that it was rendered from (Stage::render). Written by `image`
/// (render_dockerfile), read by `commands` (wrong_image).
inline constexpr const char* kRecipeLabel = "launch.recipe";

/// On an image that has files of a project: their digest (labelled_digest). Written by `image` (build_image,
/// plan_image), read by `commands` (wrong_image).
inline constexpr const char* kFilesLabel = "launch.files";

/// On an image: the digest of everything that determines its bytes. Written by `image` (build_image), also as
/// an annotation of the image and its intermediate images; read there (is the image up to date?), and by
/// `containers` as an annotation (which images did an interrupted build leave?).
inline constexpr const char* kInputsLabel = "launch.inputs";

/// On the containers and networks of a run: its ID. Written and read by `train`.
inline constexpr const char* kRunLabel = "launch.run";

/// On a container that builds from source: identifies the lock that its process holds. Written and read by
/// `commands` (EngineBuilder), which removes what a killed build left.
inline constexpr const char* kSourceBuildLabel = "launch.source-build";

/// On a container that tries a new image: identifies the lock that its process holds. Written and read by
/// `image` (try_image), which removes what a killed trial left.
inline constexpr const char* kTrialLabel = "launch.trial";

/// On a container in which `launch verify` runs: the same. Written and read by `image` (inspect_image).
inline constexpr const char* kVerifyLabel = "launch.verify";

/// On a container in which `launch bisect --run` runs its command: the same. Written by `commands`
/// (bisect_run).
inline constexpr const char* kBisectLabel = "launch.bisect";

/// Prefix of the ID of a secret by which podman's working containers of one build are recognized. Written by
/// `image` (build_image), read by `containers`.
inline constexpr const char* kBuildMark = "launch.build.";

/// The digest in a label; nullopt if there is none.
std::optional<Digest> digest_label(const std::map<std::string, std::string>& labels, const std::string& name);

}  // namespace launch::project
