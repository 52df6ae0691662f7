#include "net/addresses.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace launch::net {
namespace {

/// The address as text; empty if it is not one of IP, or one that other machines cannot reach.
std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address != nullptr && address->sa_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    ::inet_ntop(AF_INET, &in, text.data(), text.size());
    const std::string out = text.data();
    return out.starts_with("127.") || out.starts_with("169.254.") ? "" : out;
  }
  if (address != nullptr && address->sa_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_LOOPBACK(&in) || IN6_IS_ADDR_LINKLOCAL(&in)) return {};
    ::inet_ntop(AF_INET6, &in, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

std::vector<std::string> addresses_behind(const std::string& address) {
  std::vector<std::string> out;
  in6_addr six{};
  const bool all = ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six);
  if (!all && address != "0.0.0.0") return out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const auto* each = list; each != nullptr; each = each->ifa_next) {
    if ((each->ifa_flags & IFF_UP) == 0) continue;
    auto text = text_of(each->ifa_addr);
    if (text.empty() || (!all && text.find(':') != std::string::npos)) continue;
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  std::stable_partition(out.begin(), out.end(),
                        [](const auto& text) { return text.find(':') == std::string::npos; });
  return out;
}

std::string authority_of(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return fmt::format("{}:{}", v6 ? fmt::format("[{}]", address) : address, port);
}

}  // namespace launch::net
