#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containers/engine.hpp"

namespace launch::containers {

/// Readers of what engines print. All pure.

/// Version, privileges and limits from `podman info --format json`. Errors (world): not what podman prints.
Result<EngineInfo> read_podman_info(std::string_view json);
/// The server's version from `docker version --format '{{json .}}'`; nothing when no daemon answered.
std::optional<std::string> read_docker_server(std::string_view json);
/// The client's version from the same text; empty when it does not say one.
std::string read_docker_client(std::string_view json);
/// Privileges and limits from `docker info --format '{{json .}}'`, into `info`.
void read_docker_info(std::string_view json, EngineInfo& info);
/// True when the help text lists the option ("--timestamp").
bool help_has_option(std::string_view help, std::string_view option);
/// True when a version ("4.3.1", "5.0.0-dev") is at least major.minor.
bool version_at_least(std::string_view version, unsigned major, unsigned minor);

/// The images that `image inspect` describes. Errors (world): not what the engines print, or none.
Result<std::vector<Image>> read_image_inspect(std::string_view json);

/// True when the state that buildah keeps of a working container (buildah.json) says that the build which
/// made it was given a secret of that id.
bool working_container_has_secret(std::string_view json, std::string_view id);

/// The image that podman 4 finds half-made, which is one that a build is about to commit, or was when it was
/// killed: its id, when the words are that.
std::optional<std::string> half_made_image(std::string_view err);

/// The words of an output that has one a line.
std::vector<std::string> words(std::string_view output);

/// Image ids ("sha256:…") by the ids of the containers that storage has and no engine runs, of `ps --external
/// --format json`.
std::map<std::string, std::string> read_storage_containers(std::string_view json);

/// What the engine said last, in one line: its last line that says something, without "Error:" before it.
std::string last_words(std::string_view output);

/// What mends the network of a podman without root, when its words say that this is what failed; else empty.
std::string network_hint(std::string_view err);

/// Why `run` could not start the command, when the engine's words and code say so (podman, docker,
/// catatonit).
std::optional<Error> start_failure(const EngineInfo& info, const RunSpec& spec, int exit_code,
                                   std::string_view err);

/// A registries.conf (containers-registries.conf(5), version 2): what was there before, then one entry a
/// mirror.
std::string registries_conf(std::string_view existing, const std::vector<RegistryMirror>& mirrors);

}  // namespace launch::containers
