#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace launch::train {

/// A number below 2^24 that differs from run to run.
std::uint32_t hash_of_run(std::string_view run);

/// The addresses of a run's nodes on their own network, known before anything is started.
class Subnet {
 public:
  /// Reserved for tests of networks (RFC 2544), so that it hides nothing that a machine reaches.
  static constexpr const char* kAll = "198.19.0.0/16";

  /// A block with room for the nodes: one of many, by the run's ID; `tries` gives others.
  static Subnet of_run(std::string_view run, std::size_t nodes, unsigned tries = 0);

  /// "198.19.4.32/27"
  std::string text() const;
  /// "198.19.4.34" for node 0: the first belongs to the network, the second to its gateway.
  std::string address(int node) const;

 private:
  Subnet(std::uint32_t first, unsigned bits) : first_(first), bits_(bits) {}
  std::uint32_t first_;
  unsigned bits_;  ///< of its hosts
};

}  // namespace launch::train
