#include "containers/answers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace launch::containers {
namespace {

using nlohmann::json;

json parse(std::string_view text) {
  return json::parse(text, nullptr, /*allow_exceptions=*/false);
}

/// The member at a path of keys; null where there is none.
const json& at(const json& value, std::initializer_list<const char*> path) {
  static const json none;
  const json* here = &value;
  for (const char* key : path) {
    if (!here->is_object()) return none;
    const auto found = here->find(key);
    if (found == here->end()) return none;
    here = &*found;
  }
  return *here;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}
bool truth_of(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

bool lists(const json& list, std::string_view word) {
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const json& item) {
           return text_of(item).find(word) != std::string::npos;
         });
}

std::map<std::string, std::string> texts_of(const json& object) {
  std::map<std::string, std::string> texts;
  if (!object.is_object()) return texts;
  for (const auto& [key, value] : object.items()) texts[key] = text_of(value);
  return texts;
}

std::string with_algorithm(const std::string& id) {
  return id.empty() || id.find(':') != std::string::npos ? id : "sha256:" + id;
}

/// docker names the digest of a local image only in its repository digests.
std::string digest_of(const json& image) {
  if (auto digest = text_of(at(image, {"Digest"})); !digest.empty()) return digest;
  if (auto digest = text_of(at(image, {"Descriptor", "digest"})); !digest.empty()) return digest;
  const auto& named = at(image, {"RepoDigests"});
  if (!named.is_array() || named.empty()) return {};
  const auto reference = text_of(named.front());
  const auto mark = reference.find('@');
  return mark == std::string::npos ? std::string() : reference.substr(mark + 1);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string toml_string(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
  return out + '"';
}

}  // namespace

Result<EngineInfo> read_podman_info(std::string_view text) {
  const auto document = parse(text);
  EngineInfo info;
  info.kind = EngineKind::podman;
  info.version = text_of(at(document, {"version", "Version"}));
  if (info.version.empty()) return fail(world_error("'podman info' did not say its version"));
  info.rootless = truth_of(at(document, {"host", "security", "rootless"}));
  info.pids_limit = lists(at(document, {"host", "cgroupControllers"}), "pids");
  const auto root = text_of(at(document, {"store", "graphRoot"}));
  const auto driver = text_of(at(document, {"store", "graphDriverName"}));
  if (!root.empty() && !driver.empty()) {
    info.working_containers = fmt::format("{}/{}-containers", root, driver);
  }
  info.oci_runtime = text_of(at(document, {"host", "ociRuntime", "path"}));
  const std::filesystem::path socket(text_of(at(document, {"host", "remoteSocket", "path"})));
  info.runtime_folder = socket.parent_path().parent_path().string();  // FOLDER/podman/podman.sock
  return info;
}

std::optional<std::string> read_docker_server(std::string_view text) {
  const auto document = parse(text);
  auto version = text_of(at(document, {"Server", "Version"}));
  if (version.empty()) return std::nullopt;
  return version;
}

std::string read_docker_client(std::string_view text) {
  return text_of(at(parse(text), {"Client", "Version"}));
}

void read_docker_info(std::string_view text, EngineInfo& info) {
  const auto document = parse(text);
  info.rootless = lists(at(document, {"SecurityOptions"}), "name=rootless");
  info.pids_limit = truth_of(at(document, {"PidsLimit"}));
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
  const auto document = parse(text);
  if (!document.is_array() || document.empty()) {
    return fail(world_error("'image inspect' did not print a list of images"));
  }
  std::vector<Image> images;
  for (const auto& item : document) {
    auto& image = images.emplace_back();
    image.image_id = with_algorithm(text_of(at(item, {"Id"})));
    if (image.image_id.empty()) return fail(world_error("'image inspect' did not say the image's id"));
    image.digest = digest_of(item);
    image.labels = texts_of(at(item, {"Config", "Labels"}));
    image.annotations = texts_of(at(item, {"Annotations"}));
    if (const auto& layers = at(item, {"RootFS", "Layers"}); layers.is_array()) {
      for (const auto& layer : layers) image.layers.push_back(text_of(layer));
    }
    image.names = at(item, {"RepoTags"}).size();
    image.steps = at(item, {"History"}).size();
  }
  return images;
}

std::map<std::string, std::string> read_storage_containers(std::string_view text) {
  std::map<std::string, std::string> found;
  const auto document = parse(text);
  if (!document.is_array()) return found;
  for (const auto& item : document) {
    if (text_of(at(item, {"State"})) != "storage") continue;
    found[text_of(at(item, {"Id"}))] = with_algorithm(text_of(at(item, {"ImageID"})));
  }
  return found;
}

bool working_container_has_secret(std::string_view text, std::string_view id) {
  const auto document = parse(text);
  const auto& secrets = at(document, {"CommonBuildOpts", "Secrets"});
  return secrets.is_array() && std::any_of(secrets.begin(), secrets.end(), [&](const json& secret) {
           const auto value = text_of(secret);
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
  return printable(last);
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
  const auto program = spec.argv.empty() ? std::string() : printable(spec.argv.front());
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
