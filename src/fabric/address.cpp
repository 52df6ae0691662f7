#include "fabric/address.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

namespace launch::fabric {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string zero_ended(text);
  IpAddress address;
  if (::inet_pton(AF_INET, zero_ended.c_str(), address.bytes_.data()) == 1) return address;
  address.v6_ = true;
  if (::inet_pton(AF_INET6, zero_ended.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

IpAddress IpAddress::v4(std::uint32_t in_network_order) {
  IpAddress address;
  std::memcpy(address.bytes_.data(), &in_network_order, sizeof in_network_order);
  return address;
}

IpAddress IpAddress::v6(const Bytes& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  address.v6_ = true;
  return address;
}

bool IpAddress::is_loopback() const {
  if (!v6_) return bytes_[0] == 127;
  return bytes_.back() == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; });
}

bool IpAddress::shares(const IpAddress& other, unsigned prefix) const {
  if (v6_ != other.v6_ || prefix > bits()) return false;
  const auto whole = prefix / 8;
  if (!std::equal(bytes_.begin(), bytes_.begin() + whole, other.bytes_.begin())) return false;
  const auto rest = prefix % 8;
  if (rest == 0) return true;
  return ((bytes_[whole] ^ other.bytes_[whole]) >> (8 - rest)) == 0;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer = {};
  ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

}  // namespace launch::fabric
