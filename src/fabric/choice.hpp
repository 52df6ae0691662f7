#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fabric/hca_choice.hpp"
#include "fabric/presets.hpp"
#include "fabric/settings.hpp"
#include "fabric/topology.hpp"
#include "fabric/variables.hpp"

namespace launch::fabric {

/// What the environment should suit.
struct Need {
  std::optional<IpAddress> head = {};  ///< where the nodes meet; else the default route decides
  NcclVersion nccl = kNewestNccl;
  const Preset* preset = nullptr;      ///< null: none
  std::vector<Setting> settings = {};  ///< what is set already, and stays
};

struct ChosenVariable {
  std::string name;
  std::string value;
  std::string reason;
  std::string source;  ///< of a preset's value; empty for what was found on this machine
};

struct LeftAlone {
  std::string name;
  std::string reason;
};

struct Choice {
  HcaChoice hcas;
  std::string interface;  ///< empty if none was chosen
  std::vector<ChosenVariable> variables;
  std::vector<LeftAlone> left_alone;
  std::vector<std::string> warnings;
};

/// NCCL's environment for a machine: each variable with its reason, and what is left to NCCL, or to what is
/// set already, and why. A variable that the release of NCCL does not know is left alone.
Choice choose(const Topology& topology, const Need& need);

}  // namespace launch::fabric
