#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "registry/session.hpp"
#include "specs/machine_registry.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::registry {

/// A repository and as whom to ask it.
struct Entry {
  Place place;
  Access access;
};

/// What decides where an image's name leads from this machine: the site's [[registry]] entries, else podman's
/// registries.conf.
struct Directions {
  const std::vector<specs::RegistryMirror>& mirrors;
  const Environment& environment;
  ProcessRunner& runner;
  net::HttpClient& http;
};

/// Where to pull an image from, in this order: the one place that the site names, else the mirrors of
/// registries.conf and the location that it gives, else the name itself. Errors: those of
/// read_registries_conf; (environment) registries.conf blocks the name.
Result<std::vector<specs::Endpoint>> places_to_pull(std::string_view name, specs::NamedBy by,
                                                    const Directions& directions);

/// A place with what belongs to it: a mirror gets its own credentials and never those of the registry that it
/// stands for. An insecure one is asked how it can be spoken to, as podman does: over TLS, else in plain
/// HTTP; a certificate that is not trusted is accepted with a warning. Errors: those of Place::of, find_login
/// and find_trust.
Result<Entry> entry_at(const specs::Endpoint& place, const Directions& directions);

/// Where to push: the name itself, which is insecure if a [[registry]] entry of the site has it below its
/// location, or that of registries.conf for the name says so. Errors: those of places_to_pull and entry_at.
Result<Entry> entry_to_push(std::string_view name, const Directions& directions);

/// Calls `ask` for the places of an image until one has it, and says which mirror of registries.conf is used
/// and which fails. The answer is that of the last place that was asked: false: it does not have the image.
/// Errors: those of places_to_pull and entry_at; those of `ask`.
Result<bool> ask_in_turn(std::string_view name, specs::NamedBy by, const Directions& directions,
                         const std::function<Result<bool>(const Entry&)>& ask);

}  // namespace launch::registry
