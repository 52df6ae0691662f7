#include "archive/oci_image.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace launch::archive {
namespace {

using Json = nlohmann::ordered_json;

/// Empty fields are left out, as the Go structs of the specification do.
void put(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

template <class Container>
void put_all(Json& json, const char* key, const Container& values) {
  if (!values.empty()) json[key] = values;
}

/// A set in Go's form: {"80/tcp":{}}
void put_set(Json& json, const char* key, const std::vector<std::string>& values) {
  for (const auto& value : values) json[key][value] = Json::object();
}

Json descriptor_json(const Descriptor& descriptor) {
  Json json{
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
  put_all(json, "annotations", descriptor.annotations);
  return json;
}

Json run_json(const RunConfig& run) {
  auto json = Json::object();
  put(json, "User", run.user);
  put_set(json, "ExposedPorts", run.ports);
  put_all(json, "Env", run.environment);
  put_all(json, "Entrypoint", run.entrypoint);
  put_all(json, "Cmd", run.command);
  put_set(json, "Volumes", run.volumes);
  put(json, "WorkingDir", run.folder);
  put_all(json, "Labels", run.labels);
  put(json, "StopSignal", run.stop_signal);
  return json;
}

Json history_json(const History& line) {
  auto json = Json::object();
  put(json, "created", line.created);
  put(json, "created_by", line.created_by);
  put(json, "comment", line.comment);
  if (line.empty_layer) json["empty_layer"] = true;
  return json;
}

Json platform_json(const std::string& os, const std::string& architecture, const std::string& variant) {
  Json json{{"architecture", architecture}, {"os", os}};
  put(json, "variant", variant);
  return json;
}

}  // namespace

void Image::add(const ImageLayer& layer) {
  layers.push_back(layer.blob);
  diff_ids.push_back(layer.diff_id);
  history.push_back({.created = created, .created_by = layer.created_by});
}

std::string image_config_text(const Image& image) {
  auto json = Json::object();
  put(json, "created", image.created);
  json.update(platform_json(image.os, image.architecture, image.variant));
  json["config"] = run_json(image.run);
  auto diff_ids = Json::array();
  for (const auto& digest : image.diff_ids) diff_ids.push_back(digest.text());
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
  auto history = Json::array();
  for (const auto& line : image.history) history.push_back(history_json(line));
  json["history"] = std::move(history);
  return json_text(json);
}

std::string image_manifest_text(const Image& image) {
  const auto config = image_config_text(image);
  auto layers = Json::array();
  for (const auto& layer : image.layers) layers.push_back(descriptor_json(layer));
  Json json{{"schemaVersion", 2},
            {"mediaType", kManifestType},
            {"config", descriptor_json({std::string(kConfigType), Digest::of(config), config.size()})},
            {"layers", std::move(layers)}};
  put_all(json, "annotations", image.annotations);
  return json_text(json);
}

std::string image_index_text(std::span<const IndexEntry> entries, const Annotations& annotations) {
  auto manifests = Json::array();
  for (const auto& entry : entries) {
    auto json = descriptor_json(entry.manifest);
    if (!entry.os.empty()) json["platform"] = platform_json(entry.os, entry.architecture, entry.variant);
    manifests.push_back(std::move(json));
  }
  Json json{{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", std::move(manifests)}};
  put_all(json, "annotations", annotations);
  return json_text(json);
}

std::string oci_layout_text() {
  return json_text(Json{{"imageLayoutVersion", "1.0.0"}});
}

std::string docker_archive_text(const Digest& config, std::span<const Descriptor> layers) {
  auto paths = Json::array();
  for (const auto& layer : layers) paths.push_back(blob_path(layer.digest));
  return json_text(Json::array(
      {Json{{"Config", blob_path(config)}, {"RepoTags", nullptr}, {"Layers", std::move(paths)}}}));
}

std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

}  // namespace launch::archive
