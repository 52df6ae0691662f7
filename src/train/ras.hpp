#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace launch::train {

/// The ranks of one communicator that have launched the same number of an operation.
struct RasGroup {
  std::uint64_t count = 0;      ///< of operations
  std::vector<int> ranks = {};  ///< of the communicator; RAS does not name those of a large group
  int others = 0;               ///< how many it does not name
  friend bool operator==(const RasGroup&, const RasGroup&) = default;
};

/// A communicator whose ranks have launched different numbers of an operation, as NCCL's RAS tells.
struct RasMismatch {
  std::string communicator;           ///< "#0-0"
  std::string operation;              ///< "AllReduce"
  std::vector<RasGroup> groups = {};  ///< the fewest operations first
  int size() const;                   ///< ranks in it
  friend bool operator==(const RasMismatch&, const RasMismatch&) = default;
};

/// Reads the lines of the answer to "verbose status". Pure; lines of other things are skipped.
std::vector<RasMismatch> read_ras(std::span<const std::string> lines);

}  // namespace launch::train
