#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fabric/topology.hpp"
#include "fabric/variables.hpp"

namespace launch::fabric {

struct Finding {
  enum class Severity { error, warning };

  std::size_t line = 0;  ///< from 1
  Severity severity = Severity::warning;
  std::string text;
};

/// What a file gets wrong about NCCL's environment: names that NCCL never reads, values that it does not take
/// as they are meant, debugging that was left in, prefixes that match more than they name. `topology` may be
/// null; with one, lists of devices and interfaces are compared with it.
std::vector<Finding> lint(std::string_view name, std::string_view text, const NcclVersion& version,
                          const Topology* topology);

/// The names that NCCL takes from a list such as "=mlx5_0,mlx5_1:1" or "^docker,lo"; devices have ports.
std::vector<std::string> matches(std::string_view list, const std::vector<std::string>& names);

}  // namespace launch::fabric
