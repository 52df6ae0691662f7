#include "containers/answers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"

namespace launch::containers {
namespace {

using nlohmann::json;

bool truth_of(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

bool lists(const json& list, std::string_view word) {
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const json& item) {
           return json_string(item).find(word) != std::string::npos;
         });
}

std::map<std::string, std::string> texts_of(const json& object) {
  std::map<std::string, std::string> texts;
  if (!object.is_object()) return texts;
  for (const auto& [key, value] : object.items()) texts[key] = json_string(value);
  return texts;
}

std::string with_algorithm(const std::string& id) {
  return id.empty() || id.find(':') != std::string::npos ? id : "sha256:" + id;
}

/// docker names the digest of a local image only in its repository digests.
std::string digest_of(const json& image) {
  if (auto digest = json_string(image, {"Digest"}); !digest.empty()) return digest;
  if (auto digest = json_string(image, {"Descriptor", "digest"}); !digest.empty()) return digest;
  const auto& named = json_at(image, {"RepoDigests"});
  if (!named.is_array() || named.empty()) return {};
  const auto reference = json_string(named.front());
  const auto mark = reference.find('@');
  return mark == std::string::npos ? std::string() : reference.substr(mark + 1);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Result<EngineInfo> read_podman_info(std::string_view text) {
  const auto document = parse_json<json>(text);
  EngineInfo info;
  info.kind = EngineKind::podman;
  info.version = json_string(document, {"version", "Version"});
  if (info.version.empty()) return fail(world_error("'podman info' did not say its version"));
  info.rootless = truth_of(json_at(document, {"host", "security", "rootless"}));
  info.pids_limit = lists(json_at(document, {"host", "cgroupControllers"}), "pids");
  const auto root = json_string(document, {"store", "graphRoot"});
  const auto driver = json_string(document, {"store", "graphDriverName"});
  if (!root.empty() && !driver.empty()) {
    info.working_containers = fmt::format("{}/{}-containers", root, driver);
  }
  info.oci_runtime = json_string(document, {"host", "ociRuntime", "path"});
  const std::filesystem::path socket(json_string(document, {"host", "remoteSocket", "path"}));
  info.runtime_folder = socket.parent_path().parent_path().string();  // FOLDER/podman/podman.sock
  return info;
}

std::optional<std::string> read_docker_server(std::string_view text) {
  const auto document = parse_json<json>(text);
  auto version = json_string(document, {"Server", "Version"});
  if (version.empty()) return std::nullopt;
  return version;
}

std::string read_docker_client(std::string_view text) {
  return json_string(parse_json<json>(text), {"Client", "Version"});
}

void read_docker_info(std::string_view text, EngineInfo& info) {
  const auto document = parse_json<json>(text);
  info.rootless = lists(json_at(document, {"SecurityOptions"}), "name=rootless");
  info.pids_limit = truth_of(json_at(document, {"PidsLimit"}));
}

bool help_has_option(std::string_view help, std::string_view option) {
  for (const auto line : lines(help)) {
    for (const auto word : split(trim(line), ' ')) {
      if (word == option) return true;
    }
  }
  return false;
}

bool version_at_least(std::string_view version, unsigned major, unsigned minor) {
  const auto parts = split(version, '.');
  const auto first = parse_u64(parts[0]);
  const auto second = parts.size() > 1 ? parse_u64(parts[1]) : std::optional<std::uint64_t>(0);
  if (!first || !second) return false;
  return *first > major || (*first == major && *second >= minor);
}

Result<std::vector<Image>> read_image_inspect(std::string_view text) {
  const auto document = parse_json<json>(text);
  if (!document.is_array() || document.empty()) {
    return fail(world_error("'image inspect' did not print a list of images"));
  }
  std::vector<Image> images;
  for (const auto& item : document) {
    auto& image = images.emplace_back();
    image.image_id = with_algorithm(json_string(item, {"Id"}));
    if (image.image_id.empty()) return fail(world_error("'image inspect' did not say the image's id"));
    image.digest = digest_of(item);
    image.labels = texts_of(json_at(item, {"Config", "Labels"}));
    image.annotations = texts_of(json_at(item, {"Annotations"}));
    if (const auto& layers = json_at(item, {"RootFS", "Layers"}); layers.is_array()) {
      for (const auto& layer : layers) image.layers.push_back(json_string(layer));
    }
    image.names = json_at(item, {"RepoTags"}).size();
    image.steps = json_at(item, {"History"}).size();
  }
  return images;
}

std::map<std::string, std::string> read_storage_containers(std::string_view text) {
  std::map<std::string, std::string> found;
  const auto document = parse_json<json>(text);
  if (!document.is_array()) return found;
  for (const auto& item : document) {
    if (json_string(item, {"State"}) != "storage") continue;
    found[json_string(item, {"Id"})] = with_algorithm(json_string(item, {"ImageID"}));
  }
  return found;
}

bool working_container_has_secret(std::string_view text, std::string_view id) {
  const auto document = parse_json<json>(text);
  const auto& secrets = json_at(document, {"CommonBuildOpts", "Secrets"});
  return secrets.is_array() && std::any_of(secrets.begin(), secrets.end(), [&](const json& secret) {
           const auto value = json_string(secret);
           const auto fields = split(value, ',');
           return std::find(fields.begin(), fields.end(), fmt::format("id={}", id)) != fields.end();
         });
}

std::optional<std::string> half_made_image(std::string_view err) {
  constexpr std::string_view kMark = "locating item named \"manifest\" for image with ID \"";
  const auto at = err.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto id = err.substr(at + kMark.size());
  return std::string(id.substr(0, id.find('"')));
}

std::vector<std::string> words(std::string_view output) {
  std::vector<std::string> out;
  for (const auto line : lines(output)) {
    if (const auto word = trim(line); !word.empty()) out.emplace_back(word);
  }
  return out;
}

std::string last_words(std::string_view output) {
  std::string_view last;
  for (const auto line : lines(output)) {
    const auto text = trim(line);
    // docker and podman end a usage error by pointing at their help.
    if (text.empty() || text.starts_with("See '") || text.starts_with("Run '")) continue;
    last = text;
  }
  for (const std::string_view prefix :
       {"Error: ", "error: ", "ERROR: ", "Error response from daemon: ", "docker: "}) {
    if (last.starts_with(prefix)) last.remove_prefix(prefix.size());
  }
  return std::string(last);
}

std::string network_hint(std::string_view err) {
  if (has(err, "slirp4netns")) {
    return "networks without root need slirp4netns and a /dev/net/tun that everybody may open: sudo chmod "
           "0666 "
           "/dev/net/tun";
  }
  if (has(err, "rootless netns")) {
    return "clear what an earlier failure left of podman's network without root: podman system migrate";
  }
  return {};
}

std::optional<Error> start_failure(const EngineInfo& info, const RunSpec& spec, int exit_code,
                                   std::string_view err) {
  const auto program = spec.argv.empty() ? std::string() : spec.argv.front();
  // With --init it is the small init that cannot find the command, and its code is 1.
  const bool init = has(err, "(catatonit:") || has(err, "[FATAL tini");
  const bool engine = exit_code >= 125 && exit_code <= 127;
  if (!init && !engine) return std::nullopt;
  const auto words = last_words(err);
  if ((init && has(err, "No such file or directory")) ||
      (engine && (has(err, "executable file not found") ||
                  has(err, "attempted to invoke a command that was not found") ||
                  (exit_code == 127 && has(err, "exec: ") && has(err, "no such file or directory"))))) {
    return usage_error(fmt::format("the command '{}' is not in the image {}", program, spec.image));
  }
  if (init && has(err, "ermission denied")) {
    return usage_error(
        fmt::format("'{}' in the image {} is not a program that can be run", program, spec.image));
  }
  if (!engine || words.empty()) return std::nullopt;
  if (has(err, "image not known") || has(err, "No such image") || has(err, "Unable to find image")) {
    return usage_error(fmt::format("the image {} is not here", spec.image));
  }
  if (const auto hint = network_hint(err); !hint.empty()) {
    return world_error(fmt::format("{} could not start the container {}: {}", info.name(), spec.name, words))
        .hint(hint);
  }
  if (has(err, "unresolvable CDI devices")) {
    return world_error(fmt::format("{} does not know this machine's GPUs: {}", info.name(), words))
        .hint("describe them once, as root: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml");
  }
  if (has(err, "could not select device driver") || has(err, "unknown or invalid runtime name: nvidia")) {
    return world_error(fmt::format("docker cannot give GPUs to a container: {}", words))
        .hint("install NVIDIA's container toolkit, then: nvidia-ctk runtime configure --runtime=docker");
  }
  if (!has(err, "Error") && !has(err, "docker: ")) return std::nullopt;  // the program's own code
  return world_error(fmt::format("{} could not start the container {}: {}", info.name(), spec.name, words));
}

std::string registries_conf(std::string_view existing, const std::vector<RegistryMirror>& mirrors) {
  std::string out(existing);
  if (!out.empty() && out.back() != '\n') out += '\n';
  for (const auto& mirror : mirrors) {
    out += fmt::format("\n[[registry]]\nprefix = {}\nlocation = {}\n", toml_string(mirror.prefix),
                       toml_string(mirror.location));
    if (mirror.insecure) out += "insecure = true\n";
  }
  return out;
}

}  // namespace launch::containers
