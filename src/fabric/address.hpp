#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace launch::fabric {

/// An address of IPv4 or IPv6.
class IpAddress {
 public:
  static constexpr unsigned kBits4 = 32;
  static constexpr unsigned kBits6 = 128;
  using Bytes = std::array<std::uint8_t, 16>;

  /// The written form of inet_pton(3); nullopt for anything else, such as a name.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress v4(std::uint32_t in_network_order);
  static IpAddress v6(const Bytes& bytes);

  bool is_v6() const { return v6_; }
  unsigned bits() const { return v6_ ? kBits6 : kBits4; }
  bool is_loopback() const;
  /// True if the first `prefix` bits are equal, and both are of one family.
  bool shares(const IpAddress& other, unsigned prefix) const;
  std::string text() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  Bytes bytes_ = {};
  bool v6_ = false;
};

}  // namespace launch::fabric
