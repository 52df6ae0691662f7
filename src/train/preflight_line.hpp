#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "train/rank_line.hpp"

namespace launch::train {

/// The files of the check before a training, next to those of rank_files(). The first is its script.
std::span<const RankFile> preflight_files();

/// Ranks that try to reach each other at the same time, in groups.
struct PreflightRound {
  enum class Kind {
    alone,   ///< each rank by itself
    all,     ///< all ranks together
    node,    ///< the ranks of each node
    pairs,   ///< ranks of two nodes, of the same local rank
    inside,  ///< two ranks of a node that failed
  };
  Kind kind = Kind::alone;
  std::vector<std::vector<int>> groups = {};
  int limit = 0;  ///< seconds
};

/// The bus bandwidth of an all-reduce of that size.
struct Bandwidth {
  std::uint64_t bytes = 0;
  double gb_per_s = 0;
};

/// What a rank found in a round.
struct PreflightPart {
  enum class End {
    worked,
    error,  ///< an exception
    died,
    hung,   ///< it did not end within its limit
    ended,  ///< it was given up, since another rank of its group had failed
  };
  End end = End::worked;
  int step = 0;         ///< which it had begun
  std::string at = {};  ///< the same in words: "connecting"
  Raised error = {};
  int status = 0;            ///< of the process that died; negative: the signal
  std::string version = {};  ///< of NCCL
  std::vector<Bandwidth> bandwidth = {};
  std::vector<std::string> transports = {};  ///< "P2P/CUMEM", "NET/IB/GDRDMA"; "TCP" with gloo
  std::vector<std::string> interfaces = {};
  std::vector<std::string> hcas = {};      ///< "mlx5_0:1"
  std::vector<std::string> warnings = {};  ///< of NCCL
  bool worked() const { return end == End::worked; }
};

/// What all ranks have said so far.
struct PreflightFindings {
  std::map<int, std::string> hosts = {};                 ///< of the ranks that have started
  std::vector<PreflightRound> rounds = {};               ///< in order
  std::vector<std::map<int, PreflightPart>> parts = {};  ///< by round and rank
  bool over = false;
  std::vector<int> silent = {};  ///< ranks that gave no answer in the last round, or did not get ready
};

/// Adds a line of preflight.py's stdout; false if it is none of its own.
bool read_preflight_line(int rank, std::string_view line, PreflightFindings& findings);

}  // namespace launch::train
