#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "train/failure.hpp"

namespace launch::train {

/// An error of an NVIDIA GPU, as its driver writes it to the kernel's log.
struct Xid {
  std::string gpu;  ///< its PCI address: "0000:3b:00"
  unsigned code = 0;
  friend bool operator==(const Xid&, const Xid&) = default;
};

/// Reads lines such as "NVRM: Xid (PCI:0000:3b:00): 79, pid=…, GPU has fallen off the bus."; others are
/// skipped. Pure.
std::vector<Xid> read_xids(std::string_view log);

/// "a page fault in the GPU's memory"; empty for a code that is not in the table.
std::string_view meaning_of_xid(unsigned code);

/// Those of the GPUs at these addresses; all, if none is known. Pure.
std::vector<Xid> xids_of(std::vector<Xid> xids, const std::vector<std::string>& addresses);

/// Adds to the cause what the GPUs reported. Pure.
void add_xids(Cause& cause, const std::vector<Xid>& xids);

/// The errors since a moment, from the kernel's log; empty if this user may not read it.
std::vector<Xid> xids_since(std::chrono::system_clock::time_point when, ProcessRunner& runner);

}  // namespace launch::train
