#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fabric/topology.hpp"

namespace launch::fabric {

/// What a platform sets, or leaves alone.
struct PresetRow {
  std::string variable;
  std::string value;  ///< empty: it is left alone
  std::string reason;
  std::string source;
};

/// What a topology must have for a preset to fit.
struct Condition {
  enum class Of { vendor, product, asset, gpu, gpus, efa, hcas, driver };

  Of of = Of::vendor;
  std::string value = {};  ///< text of DMI ("*" ends a prefix), PCI device IDs ("20b0|20b2"), or a driver
  std::size_t least = 0;   ///< number of gpus, efa, hcas or NICs of the driver

  /// "vendor=NVIDIA", "gpu=20b0|20b2", "hcas>=8", "driver:gve>=5"; nullopt for anything else.
  static std::optional<Condition> parse(std::string_view text);
  bool holds(const Topology& topology) const;
};

/// A machine whose network needs more than sysfs tells: a row of data/platforms.tsv with its rows of
/// data/presets.tsv.
struct Preset {
  std::string name;                        ///< "azure-nd-v5"
  std::string title;                       ///< "Azure ND H100 v5"
  std::vector<Condition> conditions = {};  ///< all must hold; empty: it is chosen by name only
  std::string source = {};
  std::vector<PresetRow> rows = {};
};

/// Errors (input): an invalid row.
Result<std::vector<Preset>> read_presets(std::string_view platforms, std::string_view presets);
const std::vector<Preset>& presets();
/// What holds for each machine with HCAs.
const std::vector<PresetRow>& common_rows();

/// The preset of that name; null if there is none.
const Preset* preset_of(std::string_view name);
/// The first preset that the topology fits; null if there is none.
const Preset* preset_for(const Topology& topology);
/// The files that presets name, to be looked for on a machine.
std::vector<std::string> preset_files();

}  // namespace launch::fabric
