#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "specs/platform.hpp"

namespace launch::commands {

struct ServeRequest {
  std::vector<std::string> recipes;   ///< names or paths, at least one
  std::string address = "127.0.0.1";  ///< to listen on
  std::uint16_t port = 0;             ///< 0: any free one
};

/// What is being served.
struct ServeDocument {
  struct Image {
    std::string recipe;
    std::string reference;  ///< "127.0.0.1:5000/launch/demo:latest"
    Digest digest;          ///< of the manifest, or of the index of all platforms
  };
  std::string listening;  ///< "0.0.0.0:5000", "127.0.0.1:5000"
  std::string authority;  ///< where machines reach it: this machine's first address instead of 0.0.0.0
  std::vector<std::string> others = {};  ///< its further addresses: "10.0.0.7:5000"
  std::vector<Image> images;
};

/// Serves the images of locked recipes as a read-only registry, straight from the store, until a stop is
/// requested. `on_ready` is called once it answers. Each image is what its lock says when the command starts.
/// Errors: those of ImageInputs and plan_image; (input): an image cannot be planned, the same recipe twice;
/// (environment): it cannot listen there.
Result<void> serve(const ServeRequest& request, const Context& context,
                   const std::function<void(const ServeDocument&)>& on_ready);

}  // namespace launch::commands
