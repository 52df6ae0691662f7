#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containers/engine.hpp"

namespace launch::containers {

/// Readers of what engines print. All pure.

/// The string at a path of keys in a JSON document; empty where there is none.
std::string text_at(std::string_view document, std::initializer_list<const char*> path);
/// True when there is a true at a path of keys.
bool truth_at(std::string_view document, std::initializer_list<const char*> path);
/// True when a string of the list at a path of keys contains the word.
bool lists_at(std::string_view document, std::initializer_list<const char*> path, std::string_view word);
/// True when the help text lists the option ("--timestamp").
bool help_has_option(std::string_view help, std::string_view option);
/// True when a version ("4.3.1", "5.0.0-dev") is at least major.minor.
bool version_at_least(std::string_view version, unsigned major, unsigned minor);

/// The images that `image inspect` describes. Errors (environment): not what the engines print, or none.
Result<std::vector<Image>> read_image_inspect(std::string_view json);

/// True when the state that buildah keeps of a working container (buildah.json) says that the build which
/// made it was given a secret of that id.
bool working_container_has_secret(std::string_view json, std::string_view id);

/// The image that podman 4 finds half-made, which is one that a build is about to commit, or was when it was
/// killed: its id, when the words are that.
std::optional<std::string> half_made_image(std::string_view err);

/// The words of an output that has one a line.
std::vector<std::string> words(std::string_view output);

/// Image ids by the ids of the containers that storage has and no engine runs, of `ps --external
/// --format json`.
std::map<std::string, Digest> read_storage_containers(std::string_view json);

/// What the engine said last, in one line: its last line that says something, without "Error:" before it.
std::string last_words(std::string_view output);

/// Why `run` could not start the command, when the engine's words and code say so (podman, docker,
/// catatonit).
std::optional<Error> start_failure(const EngineInfo& info, const RunSpec& spec, int exit_code,
                                   std::string_view err);

}  // namespace launch::containers
