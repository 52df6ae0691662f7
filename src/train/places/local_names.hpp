#pragma once

#include <map>
#include <string>

#include <fmt/format.h>

#include "project/labels.hpp"

namespace launch::train {

// Names and labels of what an engine has of runs on this machine.

/// The network of a run.
inline std::string network_of(const std::string& run) {
  return "launch-" + run;
}

/// How the names of all containers of a run begin.
inline std::string names_of_containers(const std::string& run) {
  return fmt::format("launch-{}-", run);
}

/// The run of a network; empty if the name is not that of one.
inline std::string run_of_network(const std::string& name) {
  const auto prefix = network_of("");
  return name.starts_with(prefix) ? name.substr(prefix.size()) : "";
}

/// The same of a container, whose name has a word more: "launch-RUN-n0".
inline std::string run_of_container(const std::string& name) {
  return run_of_network(name.substr(0, name.rfind('-')));
}

inline std::map<std::string, std::string> labels_of(const std::string& run) {
  return {{project::kRunLabel, run}};
}

}  // namespace launch::train
