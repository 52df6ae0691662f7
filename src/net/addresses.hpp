#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace launch::net {

/// The addresses of this machine that others may reach, in the order of its interfaces, if `address` is that
/// of all its interfaces (0.0.0.0: IPv4; ::, both): neither loopback nor link-local ones. Empty for any other
/// address, and if none is known.
std::vector<std::string> addresses_behind(const std::string& address);

/// "127.0.0.1:5000", "[::1]:5000"
std::string authority_of(const std::string& address, std::uint16_t port);

}  // namespace launch::net
