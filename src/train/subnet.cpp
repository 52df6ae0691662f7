#include "train/subnet.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"

namespace launch::train {
namespace {

constexpr std::uint32_t kFirst = 198U << 24 | 19U << 16;
constexpr unsigned kBits = 16;
constexpr unsigned kLeastBits = 5;
constexpr std::uint32_t kByte = 255;

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & kByte, address >> 8 & kByte,
                     address & kByte);
}

}  // namespace

std::uint32_t hash_of_run(std::string_view run) {
  constexpr std::size_t kDigits = 6;
  return static_cast<std::uint32_t>(std::stoul(Digest::of(run).hex().substr(0, kDigits), nullptr, 16));
}

Subnet Subnet::of_run(std::string_view run, std::size_t nodes, unsigned tries) {
  constexpr std::size_t kOthers = 3;  // the network, its gateway, and all hosts
  unsigned bits = kLeastBits;
  while ((std::size_t{1} << bits) < nodes + kOthers) ++bits;
  const std::uint32_t blocks = 1U << (kBits - bits);
  return {kFirst + ((hash_of_run(run) + tries) % blocks << bits), bits};
}

std::string Subnet::text() const {
  constexpr unsigned kAddressBits = 32;
  return fmt::format("{}/{}", dotted(first_), kAddressBits - bits_);
}

std::string Subnet::address(int node) const {
  return dotted(first_ + 2 + static_cast<std::uint32_t>(node));
}

}  // namespace launch::train
