#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "containers/engine.hpp"

namespace launch::containers {

/// Something beside an engine that runs need.
struct Part {
  std::string what;      ///< "init"
  std::string found;     ///< "catatonit in /usr/libexec/podman", or what is wrong
  std::string fix = {};  ///< a command; empty if nothing is wrong
};

/// The machine whose files are examined.
struct PartsOf {
  std::filesystem::path root = "/";
  int gpus = 0;                ///< NVIDIA devices that containers should get
  bool device_groups = false;  ///< they should keep the caller's groups (RunSpec::device_groups)
};

/// The parts of an engine on this machine; none if it runs elsewhere.
std::vector<Part> parts_of(const EngineInfo& info, ProcessRunner& runner, const PartsOf& machine);

}  // namespace launch::containers
