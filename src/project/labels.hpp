#pragma once

namespace launch::project {

// The labels by which an engine's images and containers are known, and who writes and who reads each.

/// On an image: the digest of the lock that it was built from. Written by `image` (render_dockerfile), read
/// by `train` (is this the image of the lock?).
inline constexpr const char* kLockLabel = "launch.lock";

/// On an image: the digest of the recipe that it was rendered from. Written by `image` (render_dockerfile),
/// for people to read.
inline constexpr const char* kRecipeLabel = "launch.recipe";

/// On an image: the digest of everything that its bytes come from. Written by `image` (build_image), also as
/// an annotation of the image and its intermediate images; read there (is the image up to date?), and by
/// `containers` as an annotation (which images did a build leave that was cut off?).
inline constexpr const char* kInputsLabel = "launch.inputs";

/// On the containers and networks of a run: its ID. Written and read by `train`.
inline constexpr const char* kRunLabel = "launch.run";

/// The beginning of a word that podman's working containers of one build carry, as the ID of a secret.
/// Written by `image` (build_image), read by `containers`.
inline constexpr const char* kBuildMark = "launch.build.";

}  // namespace launch::project
