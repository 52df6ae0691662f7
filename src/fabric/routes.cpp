#include "fabric/routes.hpp"

#include <algorithm>
#include <bit>

#include "base/text.hpp"
#include "fabric/hex.hpp"

namespace launch::fabric {
namespace {

// <net/route.h>, <linux/ipv6_route.h>
constexpr std::uint32_t kUp = 0x1;
constexpr std::uint32_t kGateway = 0x2;
constexpr std::uint32_t kReject = 0x200;
constexpr std::uint32_t kAnycast = 0x00100000;
constexpr std::uint32_t kLocal = 0x80000000;

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) break;
    line.remove_prefix(start);
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return out;
}

/// 32 hexadecimal digits.
std::optional<IpAddress> address6(std::string_view text) {
  IpAddress::Bytes bytes = {};
  if (text.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = hex_number(text.substr(2 * i, 2));
    if (!byte) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*byte);
  }
  return IpAddress::v6(bytes);
}

std::optional<Route> best(const std::vector<Route>& routes, const auto& fits) {
  const Route* found = nullptr;
  for (const auto& route : routes) {
    if (!fits(route)) continue;
    if (found == nullptr || route.prefix > found->prefix ||
        (route.prefix == found->prefix && route.metric < found->metric)) {
      found = &route;
    }
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace

std::vector<Route> parse_routes4(std::string_view text) {
  // Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
  constexpr std::size_t kColumns = 8;
  std::vector<Route> out;
  for (const auto line : lines(text)) {
    const auto cells = words(line);
    if (cells.size() < kColumns) continue;
    const auto destination = hex_number(cells[1]);
    const auto flags = hex_number(cells[3]);
    const auto metric = parse_u64(cells[6]);
    const auto mask = hex_number(cells[7]);
    if (!destination || !flags || !metric || !mask) continue;
    if ((*flags & kUp) == 0 || (*flags & kReject) != 0) continue;
    out.push_back({.interface = std::string(cells[0]),
                   .destination = IpAddress::v4(*destination),
                   .prefix = static_cast<unsigned>(std::popcount(*mask)),
                   .gateway = (*flags & kGateway) != 0,
                   .metric = static_cast<std::uint32_t>(*metric)});
  }
  return out;
}

std::vector<Route> parse_routes6(std::string_view text) {
  // destination prefix source prefix next-hop metric references use flags interface
  constexpr std::size_t kColumns = 10;
  std::vector<Route> out;
  for (const auto line : lines(text)) {
    const auto cells = words(line);
    if (cells.size() != kColumns) continue;
    const auto destination = address6(cells[0]);
    const auto prefix = hex_number(cells[1]);
    const auto metric = hex_number(cells[5]);
    const auto flags = hex_number(cells[8]);
    if (!destination || !prefix || *prefix > IpAddress::kBits6 || !metric || !flags) continue;
    if ((*flags & kUp) == 0 || (*flags & (kReject | kAnycast | kLocal)) != 0) continue;
    if (cells[0].starts_with("ff") || cells[9] == "lo") continue;
    out.push_back({.interface = std::string(cells[9]),
                   .destination = *destination,
                   .prefix = *prefix,
                   .gateway = (*flags & kGateway) != 0,
                   .metric = *metric});
  }
  return out;
}

std::vector<IpAddress> parse_local_addresses(std::string_view fib_trie) {
  std::vector<IpAddress> out;
  std::optional<IpAddress> leaf;
  for (const auto line : lines(fib_trie)) {
    const auto cells = words(line);
    if (cells.size() == 2 && cells[0] == "|--") leaf = IpAddress::parse(cells[1]);
    const bool local = cells.size() == 3 && cells[0] == "/32" && cells[1] == "host" && cells[2] == "LOCAL";
    if (!local || !leaf || leaf->is_loopback()) continue;
    if (std::find(out.begin(), out.end(), *leaf) == out.end()) out.push_back(*leaf);
  }
  return out;
}

std::vector<std::pair<std::string, IpAddress>> parse_addresses6(std::string_view if_inet6) {
  // address index prefix scope flags interface
  constexpr std::size_t kColumns = 6;
  std::vector<std::pair<std::string, IpAddress>> out;
  for (const auto line : lines(if_inet6)) {
    const auto cells = words(line);
    if (cells.size() != kColumns || cells[3] != "00") continue;
    if (const auto address = address6(cells[0])) out.emplace_back(cells[5], *address);
  }
  return out;
}

std::optional<Route> route_to(const std::vector<Route>& routes, const IpAddress& address) {
  return best(routes, [&](const Route& route) { return route.destination.shares(address, route.prefix); });
}

std::optional<Route> default_route(const std::vector<Route>& routes) {
  const auto v4 =
      best(routes, [](const Route& route) { return route.prefix == 0 && !route.destination.is_v6(); });
  return v4 ? v4 : best(routes, [](const Route& route) { return route.prefix == 0; });
}

}  // namespace launch::fabric
