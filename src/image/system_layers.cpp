// The layers of an image in the format of `docker save` (Docker image specification 1.2).
#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/gzip.hpp"
#include "archive/tar.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/mapped_file.hpp"
#include "base/text.hpp"
#include "image/dockerfile.hpp"
#include "image/scratch.hpp"
#include "image/system.hpp"
#include "store/derived.hpp"
#include "store/pull.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

SystemLayers::Layer layer_of(const Digest& blob, std::uint64_t size, const Digest& tar,
                             const project::Recipe& recipe, const store::Store& store) {
  return {{{std::string(archive::kGzipLayerType), blob, size}, tar, apt_layer_name(recipe.image.apt)},
          store.path_of(blob, store::kLayerName)};
}

/// What the store keeps of the layers; nullopt if one of them is gone.
std::optional<std::vector<SystemLayers::Layer>> kept(const store::Store& store, const Digest& base,
                                                     const std::string& key, const project::Recipe& recipe) {
  const auto text = store::derived(store, base, key);
  if (!text) return std::nullopt;
  const auto json = parse_json<Json>(*text);
  if (!json.is_array()) return std::nullopt;
  std::vector<SystemLayers::Layer> layers;
  for (const auto& each : json) {
    const auto blob = Digest::parse(json_string(each, {"blob"}));
    const auto tar = Digest::parse(json_string(each, {"tar"}));
    const auto size = json_integer<std::uint64_t>(json_at(each, {"size"}));
    if (!blob || !tar || !size || !store.has(*blob, store::kLayerName)) return std::nullopt;
    layers.push_back(layer_of(*blob, *size, *tar, recipe, store));
  }
  return layers;
}

void keep(const store::Store& store, const Digest& base, const std::string& key,
          const std::vector<SystemLayers::Layer>& layers, Disk& disk) {
  auto json = Json::array();
  for (const auto& each : layers) {
    json.push_back({{"blob", each.layer.blob.digest.text()},
                    {"tar", each.layer.diff_id.text()},
                    {"size", each.layer.blob.size}});
  }
  store::keep_derived(store, base, key, json_text(json), disk);
}

Error unexpected(const fs::path& file, std::string_view what) {
  return environment_error(
      fmt::format("the engine saved an image in an unexpected form: {} {}", file.string(), what));
}

/// A saved image: where in the file its layers are, from the bottom.
struct Saved {
  struct Part {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  std::vector<Part> layers;
};

Result<Saved> read_saved(const fs::path& file) {
  constexpr archive::TarLimits kLimits{
      .bytes = std::uint64_t{1} << 40, .members = 100'000, .content = std::uint64_t{1} << 20};
  std::map<std::string, Saved::Part> parts;
  std::string manifest;
  const archive::TarVisitor visitor{
      .enter = [&](const archive::TarEntry& entry) -> Result<bool> {
        parts.insert_or_assign(entry.name, Saved::Part{entry.offset, entry.size});
        return entry.name == "manifest.json";
      },
      .take = [&](const archive::TarEntry&, std::string content) -> Result<void> {
        manifest = std::move(content);
        return {};
      }};
  TRY(archive::read_tar(file, kLimits, visitor));
  const auto json = parse_json<Json>(manifest);
  if (!json.is_array() || json.size() != 1 || !json_at(json[0], {"Layers"}).is_array())
    return fail(unexpected(file, "has no manifest.json of one image"));
  Saved saved;
  for (const auto& layer : json_at(json[0], {"Layers"})) {
    const auto found = parts.find(json_string(layer));
    if (found == parts.end()) return fail(unexpected(file, "lacks a layer"));
    saved.layers.push_back(found->second);
  }
  return saved;
}

/// Puts the layers above the base into the store.
Result<std::vector<SystemLayers::Layer>> take_layers(const fs::path& file, const containers::Image& image,
                                                     const archive::Image& base,
                                                     const project::Recipe& recipe, const store::Store& store,
                                                     const Work& work) {
  const auto& below = base.diff_ids;
  if (image.layers.size() < below.size() || !std::equal(below.begin(), below.end(), image.layers.begin()))
    return fail(environment_error("the image that the engine built does not begin with the base's layers"));
  TRY_ASSIGN(const auto saved, read_saved(file));
  if (saved.layers.size() != image.layers.size())
    return fail(unexpected(file, fmt::format("has {}, expected {}", count_of(saved.layers.size(), "layer"),
                                             image.layers.size())));
  TRY_ASSIGN(const auto bytes, MappedFile::open(file));
  std::vector<SystemLayers::Layer> layers;
  for (auto i = below.size(); i < image.layers.size(); ++i) {
    const auto tar = bytes.text().substr(saved.layers[i].offset, saved.layers[i].size);
    if (Digest::of(tar) != image.layers[i]) return fail(unexpected(file, "has a layer with another digest"));
    const auto blob = file.parent_path() / fmt::format("layer-{}.tar.gz", i);
    TRY_ASSIGN(const auto digest, archive::write_stored_gzip(work.disk, tar, blob));
    std::error_code code;
    const auto size = fs::file_size(blob, code);
    if (code) return fail(io_error("read", blob, code.value()));
    TRY(store.add(blob, digest, store::kLayerName));
    static_cast<void>(work.disk.remove(blob));
    layers.push_back(layer_of(digest, size, image.layers[i], recipe, store));
    bytes.forget();
  }
  return layers;
}

}  // namespace

Result<SystemLayers> system_layers(const SystemRequest& request, const Digest& base_manifest,
                                   const archive::Image& base,
                                   const std::function<Result<containers::Engine>()>& find_engine,
                                   const store::Store& store, const Work& work) {
  TRY_ASSIGN(const auto text, render_system({request.recipe, request.lock, {}}));
  SystemLayers system{.key = "system-" + Digest::of(fmt::format("1\n{}\n", text)).hex(), .layers = {}};
  if (auto found = kept(store, base_manifest, system.key, request.recipe)) {
    system.layers = *std::move(found);
    return system;
  }
  TRY_ASSIGN(const auto engine,
             during(find_engine(), "looking for an engine that installs the packages of the distribution"));
  work.reporter.note(fmt::format("{} installs {} of the distribution once; the layer is kept in the store",
                                 engine.info().name(), fmt::join(request.recipe.image.apt, ", ")));
  TRY_ASSIGN(const auto image, build_system(request, engine, work));
  TRY_ASSIGN(const auto scratch, ScratchFolder::make(work.disk, request.folder / "contexts"));
  const auto file = scratch.path() / "system.tar";
  TRY(engine.save(image.image_id, file, work.stop));
  TRY_ASSIGN(system.layers, take_layers(file, image, base, request.recipe, store, work));
  keep(store, base_manifest, system.key, system.layers, work.disk);
  return system;
}

}  // namespace launch::image
