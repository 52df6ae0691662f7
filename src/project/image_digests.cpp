#include "project/image_digests.hpp"

#include <fmt/format.h>

#include "project/toml_values.hpp"

namespace launch::project {

std::string write_image_digests(const ImageDigests& images) {
  auto out = fmt::format("\n[tool.launch.images]\nrender-digest = {}\n", toml_string(images.recipe.text()));
  for (const auto& [platform, image] : images.platforms) {
    out += fmt::format("\n[tool.launch.images.{}]\nmanifest = {}\nconfig = {}\n", platform.text(),
                       toml_string(image.manifest.text()), toml_string(image.config.text()));
  }
  return out;
}

Result<ImageDigests> read_image_digests(const TomlTable& table) {
  TRY_ASSIGN(auto recipe, read_digest(table, "render-digest"));
  ImageDigests images{std::move(recipe), {}};
  for (const auto& platform : specs::Platform::all()) {
    if (table.find(platform.text()) == nullptr) continue;
    TRY_ASSIGN(const auto row, table.table(platform.text()));
    TRY_ASSIGN(auto manifest, read_digest(row, "manifest"));
    TRY_ASSIGN(auto config, read_digest(row, "config"));
    images.platforms.emplace(platform, ImageDigest{std::move(manifest), std::move(config)});
  }
  return images;
}

}  // namespace launch::project
