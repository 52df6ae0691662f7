#pragma once

#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace launch::commands {

/// What an engine has under the name of a recipe's image.
struct FoundImage {
  const std::string& recipe;
  std::string engine;             ///< "podman"
  bool exists = false;            ///< under that name
  std::optional<Digest> of_lock;  ///< the lock that it was built from, as its label says
  const Digest& lock;             ///< the digest of the recipe's lock
};

/// Why it is not the image of the recipe's lock; nullopt if it is. The error (no) names the command that
/// builds it.
std::optional<Error> wrong_image(const FoundImage& found);

}  // namespace launch::commands
