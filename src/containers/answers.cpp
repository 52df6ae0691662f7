#include "containers/answers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {
namespace {

using nlohmann::json;

std::map<std::string, std::string> texts_of(const json& object) {
  std::map<std::string, std::string> texts;
  if (!object.is_object()) return texts;
  for (const auto& [key, value] : object.items()) texts[key] = json_string(value);
  return texts;
}

/// podman's image IDs do not name an algorithm.
std::optional<Digest> id_of(const std::string& id) {
  return id.find(':') == std::string::npos ? Digest::of_hex(id) : Digest::parse(id);
}

/// docker gives the digest of a local image only in its repository digests.
std::optional<Digest> digest_of(const json& image) {
  if (auto digest = Digest::parse(json_string(image, {"Digest"}))) return digest;
  if (auto digest = Digest::parse(json_string(image, {"Descriptor", "digest"}))) return digest;
  const auto& named = json_at(image, {"RepoDigests"});
  if (!named.is_array() || named.empty()) return std::nullopt;
  const auto reference = json_string(named.front());
  return Digest::parse(std::string_view(reference).substr(reference.find('@') + 1));
}

Result<std::vector<Digest>> layers_of(const json& image) {
  std::vector<Digest> layers;
  const auto& listed = json_at(image, {"RootFS", "Layers"});
  if (!listed.is_array()) return layers;
  for (const auto& item : listed) {
    const auto layer = Digest::parse(json_string(item));
    if (!layer) return fail(environment_error("'image inspect' printed a layer that is not a sha256 digest"));
    layers.push_back(*layer);
  }
  return layers;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::string text_at(std::string_view document, std::initializer_list<const char*> path) {
  return json_string(parse_json<json>(document), path);
}

bool truth_at(std::string_view document, std::initializer_list<const char*> path) {
  const auto parsed = parse_json<json>(document);
  const auto& value = json_at(parsed, path);
  return value.is_boolean() && value.get<bool>();
}

bool lists_at(std::string_view document, std::initializer_list<const char*> path, std::string_view word) {
  const auto parsed = parse_json<json>(document);
  const auto& list = json_at(parsed, path);
  return list.is_array() && std::any_of(list.begin(), list.end(),
                                        [&](const json& item) { return has(json_string(item), word); });
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
    return fail(environment_error("'image inspect' did not print a list of images"));
  }
  std::vector<Image> images;
  for (const auto& item : document) {
    const auto id = id_of(json_string(item, {"Id"}));
    if (!id) return fail(environment_error("'image inspect' did not print the image's ID"));
    auto& image = images.emplace_back(Image{*id, digest_of(item)});
    image.labels = texts_of(json_at(item, {"Config", "Labels"}));
    image.annotations = texts_of(json_at(item, {"Annotations"}));
    TRY_ASSIGN(image.layers, layers_of(item));
    image.names = json_at(item, {"RepoTags"}).size();
    for (const auto& name : json_at(item, {"RepoDigests"})) image.references.push_back(json_string(name));
    image.user = json_string(item, {"Config", "User"});
    image.steps = json_at(item, {"History"}).size();
  }
  return images;
}

std::optional<Digest> read_built_id(std::string_view text) {
  if (auto id = Digest::parse(trim(text))) return id;
  return Digest::parse(text_at(text, {"containerimage.digest"}));
}

std::map<std::string, Digest> read_storage_containers(std::string_view text) {
  std::map<std::string, Digest> found;
  const auto document = parse_json<json>(text);
  if (!document.is_array()) return found;
  for (const auto& item : document) {
    if (json_string(item, {"State"}) != "storage") continue;
    const auto image = id_of(json_string(item, {"ImageID"}));
    if (image) found.emplace(json_string(item, {"Id"}), *image);
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

std::optional<UserIds> user_ids(std::string_view user, std::string_view files) {
  const auto colon = user.find(':');
  const auto name = user.substr(0, colon);
  const auto group = colon == std::string_view::npos ? std::string_view() : user.substr(colon + 1);
  const auto number = [](std::string_view text) -> std::optional<unsigned> {
    const auto value = parse_u64(text);
    return value && *value <= std::numeric_limits<unsigned>::max()
               ? std::optional(static_cast<unsigned>(*value))
               : std::nullopt;
  };
  auto own = number(name);
  std::optional<unsigned> of_user;
  auto wanted = number(group);
  for (const auto line : lines(files)) {
    const auto fields = split(line, ':');  // passwd(5) has seven, group(5) four
    if (fields.size() == 7 && (fields[0] == name || (own && fields[2] == name))) {
      own = number(fields[2]);
      of_user = number(fields[3]);
    } else if (fields.size() == 4 && !group.empty() && fields[0] == group) {
      wanted = number(fields[2]);
    }
  }
  if (!own || (!group.empty() && !wanted)) return std::nullopt;
  return UserIds{*own, group.empty() ? of_user.value_or(0) : *wanted};
}

std::optional<std::string> half_made_image(std::string_view err) {
  constexpr std::string_view kMark = "locating item named \"manifest\" for image with ID \"";
  const auto at = err.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto id = err.substr(at + kMark.size());
  return std::string(id.substr(0, id.find('"')));
}

bool missed_image(std::string_view err) {
  return err.find("image not known") != std::string_view::npos ||
         err.find("locating item named") != std::string_view::npos;
}

bool missed_layer(std::string_view err) {
  return err.find("layer not known") != std::string_view::npos;
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
    // docker and podman end a usage error with a pointer to their help.
    if (text.empty() || text.starts_with("See '") || text.starts_with("Run '")) continue;
    last = text;
  }
  for (const std::string_view prefix :
       {"Error: ", "error: ", "ERROR: ", "Error response from daemon: ", "docker: "}) {
    if (last.starts_with(prefix)) last.remove_prefix(prefix.size());
  }
  return std::string(last);
}

std::optional<Error> start_failure(const EngineInfo& info, const RunSpec& spec, int exit_code,
                                   std::string_view err) {
  const auto& image = spec.image_name.empty() ? spec.image : spec.image_name;
  auto program = spec.program;
  if (program.empty() && !spec.argv.empty()) program = spec.argv.front();
  // With --init, the small init is what cannot find the command, and it exits with 1.
  const bool init = has(err, "(catatonit:") || has(err, "[FATAL tini");
  const bool engine = exit_code >= 125 && exit_code <= 127;
  if (!init && !engine) return std::nullopt;
  const auto words = last_words(err);
  if ((init && has(err, "No such file or directory")) ||
      (engine && (has(err, "executable file not found") ||
                  has(err, "attempted to invoke a command that was not found") ||
                  (exit_code == 127 && has(err, "exec: ") && has(err, "no such file or directory"))))) {
    return input_error(fmt::format("the command '{}' is not in the image {}", program, image));
  }
  if (init && has(err, "ermission denied")) {
    return input_error(fmt::format("'{}' in the image {} is not executable", program, image));
  }
  if (!engine || words.empty()) return std::nullopt;
  if (has(err, "image not known") || has(err, "No such image") || has(err, "Unable to find image")) {
    return input_error(fmt::format("the image {} does not exist on this machine", image));
  }
  if (!spec.folder.empty() && has(err, "workdir \"") && has(err, "does not exist on container"))
    return input_error(
        fmt::format("the working folder {} does not exist in the image {}", spec.folder, image));
  if (auto error = info.type->start_failure(err)) return error;
  const auto hint = info.type->hint(err);
  if (hint.empty() && !has(err, "Error") && !has(err, "docker: "))
    return std::nullopt;  // the program's own code
  auto error = environment_error(
      fmt::format("{} could not start the container {}: {}", info.name(), spec.name, words));
  if (!hint.empty()) error.hint(hint);
  return error;
}

}  // namespace launch::containers
