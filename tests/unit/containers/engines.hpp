#pragma once

#include <string>

#include "containers/engine.hpp"

namespace launch::containers {

inline EngineInfo info_of(const char* name, std::string version, std::set<std::string> features = {}) {
  auto info = *engine_named(name);
  info.version = std::move(version);
  info.features = std::move(features);
  return info;
}

inline EngineInfo podman4() {
  return info_of("podman", "4.3.1", {"build --timestamp", "build --identity-label"});
}

inline EngineInfo docker28() {
  return info_of("docker", "28.2.2", {"buildx"});
}

/// The digest of an image, "aaa…".
inline Digest digest(char digit) {
  return *Digest::of_hex(std::string(64, digit));
}

}  // namespace launch::containers
