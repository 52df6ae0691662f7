#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fabric/topology.hpp"

namespace launch::fabric {

/// The usable routes of /proc/net/route (IPv4); lines of another form are skipped.
std::vector<Route> parse_routes4(std::string_view text);
/// The same of /proc/net/ipv6_route, without the kernel's own (local, multicast, anycast).
std::vector<Route> parse_routes6(std::string_view text);
/// The machine's own addresses in /proc/net/fib_trie, without those of the loopback network.
std::vector<IpAddress> parse_local_addresses(std::string_view fib_trie);
/// The addresses of each interface in /proc/net/if_inet6, without those that are valid on one link only.
std::vector<std::pair<std::string, IpAddress>> parse_addresses6(std::string_view if_inet6);

/// The route to an address: the longest prefix, then the least metric; nullopt if there is none.
std::optional<Route> route_to(const std::vector<Route>& routes, const IpAddress& address);
/// The default route of IPv4, else of IPv6.
std::optional<Route> default_route(const std::vector<Route>& routes);

}  // namespace launch::fabric
