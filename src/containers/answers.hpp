#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containers/engine.hpp"

namespace launch::containers {

/// Parsers of what engines print. All are pure.

/// The string at a path of keys in a JSON document; empty if there is none.
std::string text_at(std::string_view document, std::initializer_list<const char*> path);
/// True if the value at a path of keys is true.
bool truth_at(std::string_view document, std::initializer_list<const char*> path);
/// True if the list at a path of keys has a string that contains the word.
bool lists_at(std::string_view document, std::initializer_list<const char*> path, std::string_view word);
/// True if the help text lists the option ("--timestamp").
bool help_has_option(std::string_view help, std::string_view option);
/// True if a version ("4.3.1", "5.0.0-dev") is at least major.minor.
bool version_at_least(std::string_view version, unsigned major, unsigned minor);

/// The images in the output of `image inspect`. Errors (environment): unexpected output, or none.
Result<std::vector<Image>> read_image_inspect(std::string_view json);

/// What a build says that it made, from the file of EngineType::id_option: an ID, or buildx's metadata, of
/// which the manifest's digest counts. nullopt if it is neither.
std::optional<Digest> read_built_id(std::string_view text);

/// True if buildah's state of a working container (buildah.json) shows that its build was given a secret of
/// that ID.
bool working_container_has_secret(std::string_view json, std::string_view id);

/// The ID of the image that podman 4 reports as incomplete, because a build is committing it or was killed
/// while doing so; nullopt if the message is another.
std::optional<std::string> half_made_image(std::string_view err);

/// Whether podman 4 failed to list its images because one of them was removed meanwhile.
bool missed_image(std::string_view err);

/// Whether podman 4 failed to pull an image because a layer that it shares with another image was removed
/// with that image meanwhile.
bool missed_layer(std::string_view err);

/// The words of an output with one per line.
std::vector<std::string> words(std::string_view output);

/// Image IDs by the IDs of containers that exist only in storage, from `ps --external --format json`.
std::map<std::string, Digest> read_storage_containers(std::string_view json);

/// The IDs of a user as an image names it, "trainer", "1000", "1000:1000" or "trainer:users", from the lines
/// of /etc/passwd and /etc/group. A number without a line has the group 0. nullopt if a name has no line.
std::optional<UserIds> user_ids(std::string_view user, std::string_view files);

/// The engine's last message on one line: its last non-empty line, without a leading "Error:".
std::string last_words(std::string_view output);

/// Why `run` could not start the command, according to the engine's message and exit code (podman, docker,
/// catatonit).
std::optional<Error> start_failure(const EngineInfo& info, const RunSpec& spec, int exit_code,
                                   std::string_view err);

}  // namespace launch::containers
