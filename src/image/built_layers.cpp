#include "image/built_layers.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "archive/wheel_tree.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "image/wheel_groups.hpp"

namespace launch::image {
namespace {

using Steps = std::vector<containers::LayerStep>;

/// For each layer that the Dockerfile makes, which of the image's it is; nullopt if the image has fewer. A
/// step of the end that sets the work folder makes one more layer in some engines.
std::optional<std::vector<std::size_t>> places_of(std::size_t own, const containers::Image& image,
                                                  const std::optional<Steps>& steps) {
  std::vector<std::size_t> places;
  for (auto at = image.layers.size(); at > 0 && places.size() < own; --at) {
    if (!steps || steps->at(at - 1).instruction != "WORKDIR") places.push_back(at - 1);
  }
  if (places.size() < own) return std::nullopt;
  std::reverse(places.begin(), places.end());
  return places;
}

WheelLayer wheel_layer(const std::vector<ImageWheel>& among, const Digest& digest,
                       const store::Store& store) {
  WheelLayer layer{among.empty() ? "" : group_name(among), digest, 0, {}};
  for (const auto& [package, version, file] : among) {
    layer.wheels.push_back(file.file_name);
    layer.size += archive::unpacked_size(store.path_of(*file.sha256, file.file_name)).value_or(0);
  }
  return layer;
}

/// Names for all layers before those of the Dockerfile are known.
std::vector<LayerSize> unnamed(const containers::Image& image, const Steps& steps) {
  std::vector<LayerSize> sizes;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool is_folder = steps[i].instruction == "WORKDIR";
    sizes.push_back(
        {is_folder ? std::string("work folder") : fmt::format("layer {} of the base image", i + 1),
         image.layers[i], std::nullopt, steps[i].size});
  }
  return sizes;
}

}  // namespace

Result<BuiltLayers> built_layers(const BuildRequest& request, const containers::Engine& engine,
                                 const containers::Image& image, const store::Store& store) {
  const auto& locked = request.locked;
  TRY_ASSIGN(const auto wheels,
             during(wheels_for(locked.lock.lock, locked.recipe.python, platform_to_build(locked.recipe)),
                    fmt::format("reading {}", locked.lock.file.string())));
  const auto own = dockerfile_layers({locked.recipe, locked.lock, request.copies});
  const auto steps = engine.layer_steps(image);
  const auto places = places_of(own.size(), image, steps);
  BuiltLayers built;
  if (!places) return built;
  if (steps) built.sizes = unnamed(image, *steps);
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto place = places->at(i);
    auto name = own[i].name;
    if (name.empty()) {
      auto layer = wheel_layer(wheels_among(wheels, own[i].packages), image.layers[place], store);
      name = layer.wheels.empty() ? "packages of other platforms" : layer.name;
      if (!steps && !layer.wheels.empty())
        built.sizes.push_back({name, layer.digest, std::nullopt, layer.size});
      built.wheels.push_back(std::move(layer));
    }
    if (steps) built.sizes[place].name = std::move(name);
  }
  return built;
}

}  // namespace launch::image
