#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/oci_image.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

using Json = nlohmann::json;

Error bad_image(std::string_view reason) {
  return input_error(fmt::format("not a valid image: {}", reason));
}

/// OCI's media type for a layer of Docker's; the same for others.
std::string oci_layer_type(const std::string& type) {
  if (type == "application/vnd.docker.image.rootfs.diff.tar.gzip") return std::string(kGzipLayerType);
  if (type == "application/vnd.docker.image.rootfs.diff.tar") return "application/vnd.oci.image.layer.v1.tar";
  return type;
}

/// The strings of an array, or the keys of an object.
std::vector<std::string> strings(const Json& json) {
  std::vector<std::string> out;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) out.push_back(key);
  } else if (json.is_array()) {
    for (const auto& value : json) out.push_back(json_string(value));
  }
  return out;
}

std::map<std::string, std::string> string_map(const Json& json) {
  std::map<std::string, std::string> out;
  if (!json.is_object()) return out;
  for (const auto& [key, value] : json.items()) out.emplace(key, json_string(value));
  return out;
}

Result<Descriptor> parse_layer(const Json& json) {
  constexpr std::string_view kLayer = "application/vnd.oci.image.layer.v1.tar";
  const auto digest = Digest::parse(json_string(json, {"digest"}));
  const auto& size = json_at(json, {"size"});
  if (!digest || !size.is_number_unsigned()) return fail(bad_image("a layer has no sha256 or no size"));
  auto type = oci_layer_type(json_string(json, {"mediaType"}));
  if (!type.starts_with(kLayer)) {
    return fail(bad_image(fmt::format("a layer has the media type {}", in_quotes(type))));
  }
  return Descriptor{std::move(type), *digest, size.get<std::uint64_t>(),
                    string_map(json_at(json, {"annotations"}))};
}

RunConfig parse_run(const Json& json) {
  return {.user = json_string(json, {"User"}),
          .environment = strings(json_at(json, {"Env"})),
          .entrypoint = strings(json_at(json, {"Entrypoint"})),
          .command = strings(json_at(json, {"Cmd"})),
          .folder = json_string(json, {"WorkingDir"}),
          .volumes = strings(json_at(json, {"Volumes"})),
          .ports = strings(json_at(json, {"ExposedPorts"})),
          .labels = string_map(json_at(json, {"Labels"})),
          .stop_signal = json_string(json, {"StopSignal"})};
}

Result<void> parse_config(const Json& json, Image& image) {
  image.os = json_string(json, {"os"});
  image.architecture = json_string(json, {"architecture"});
  image.variant = json_string(json, {"variant"});
  image.created = json_string(json, {"created"});
  if (image.os.empty() || image.architecture.empty())
    return fail(bad_image("its configuration names no platform"));
  image.run = parse_run(json_at(json, {"config"}));
  for (const auto& text : strings(json_at(json, {"rootfs", "diff_ids"}))) {
    const auto digest = Digest::parse(text);
    if (!digest) return fail(bad_image(fmt::format("it has the diffID {}", in_quotes(text))));
    image.diff_ids.push_back(*digest);
  }
  for (const auto& line : json_at(json, {"history"})) {
    image.history.push_back({.created = json_string(line, {"created"}),
                             .created_by = json_string(line, {"created_by"}),
                             .comment = json_string(line, {"comment"}),
                             .empty_layer = json_at(line, {"empty_layer"}) == true});
  }
  return {};
}

}  // namespace

Result<Image> parse_image(std::string_view manifest, std::string_view config) {
  const auto manifest_json = parse_json<Json>(manifest);
  const auto config_json = parse_json<Json>(config);
  if (!manifest_json.is_object()) return fail(bad_image("its manifest is not a JSON object"));
  if (!config_json.is_object()) return fail(bad_image("its configuration is not a JSON object"));
  Image image;
  TRY(parse_config(config_json, image));
  image.annotations = string_map(json_at(manifest_json, {"annotations"}));
  for (const auto& layer : json_at(manifest_json, {"layers"})) {
    TRY_ASSIGN(auto parsed, parse_layer(layer));
    image.layers.push_back(std::move(parsed));
  }
  if (image.layers.size() != image.diff_ids.size()) {
    return fail(bad_image(fmt::format("its manifest has {}, its configuration {}",
                                      count_of(image.layers.size(), "layer"),
                                      count_of(image.diff_ids.size(), "diffID"))));
  }
  const auto made = std::count_if(image.history.begin(), image.history.end(),
                                  [](const History& line) { return !line.empty_layer; });
  if (!image.history.empty() && static_cast<std::size_t>(made) != image.layers.size()) {
    return fail(
        bad_image(fmt::format("its history makes {}, its manifest has {}",
                              count_of(static_cast<std::size_t>(made), "layer"), image.layers.size())));
  }
  return image;
}

}  // namespace launch::archive
