#include <algorithm>

#include "base/text.hpp"
#include "fabric/lint.hpp"
#include "fabric/mentions.hpp"
#include "fabric/routes.hpp"
#include "fabric/settings.hpp"
#include "fuzz/fuzz.hpp"

namespace launch::fuzz {
namespace {

void check_mentions(std::string_view text) {
  using fabric::FileKind;
  const auto count = lines(text).size();
  for (const auto kind : {FileKind::conf, FileKind::environment, FileKind::dockerfile, FileKind::script}) {
    for (const auto& mention : fabric::find_mentions(kind, text)) {
      require(mention.line >= 1 && mention.line <= count, "a mention is on a line of the file", mention.name);
      require(mention.name.starts_with("NCCL_"), "a mention is of a name of NCCL", mention.name);
    }
  }
}

fabric::Topology topology_of(const std::vector<std::string>& names) {
  fabric::Topology topology;
  for (const auto& name : names) {
    topology.hcas.push_back({.name = name});
    topology.nics.push_back({.name = name});
  }
  return topology;
}

void check_names(const std::vector<std::string>& names) {
  for (const auto& one : names) {
    require(!fabric::name_less(one, one), "no name is before itself", one);
    for (const auto& other : names) {
      require(!fabric::name_less(one, other) || !fabric::name_less(other, one), "of two names, one is first",
              one, other);
      const bool plain = one.find_first_of("^=,:") == std::string::npos && !one.empty();
      const auto exact = fabric::matches("=" + one, {other});
      require(!plain || exact.empty() == (one != other), "an exact name matches itself alone", one, other);
    }
  }
}

void check_routes(std::string_view text) {
  auto routes = fabric::parse_routes4(text);
  const auto more = fabric::parse_routes6(text);
  routes.insert(routes.end(), more.begin(), more.end());
  for (const auto& route : routes) {
    require(route.prefix <= route.destination.bits(), "a prefix fits its address", route.interface);
    const auto found = fabric::route_to(routes, route.destination);
    require(found && found->prefix >= route.prefix, "a destination has a route", route.interface);
    require(fabric::IpAddress::parse(route.destination.text()) == route.destination,
            "an address is read back", route.destination.text());
  }
  (void)fabric::parse_local_addresses(text);
  (void)fabric::parse_addresses6(text);
}

void check_settings(std::string_view text) {
  const auto conf = fabric::parse_conf(text);
  for (const auto& setting : fabric::resolve({}, {{"conf", std::string(text)}})) {
    const auto first = std::find_if(conf.begin(), conf.end(),
                                    [&](const fabric::ConfLine& line) { return line.name == setting.name; });
    require(first != conf.end() && first->value == setting.value, "the first line of a name holds",
            setting.name);
  }
}

}  // namespace

/// A file that is linted, names of devices, and files of procfs.
void fuzz_fabric(std::string_view bytes) {
  const auto parts = parts_of(bytes);
  std::vector<std::string> names;
  constexpr std::size_t kMostNames = 16;
  if (parts.size() > 1) {
    for (const auto line : lines(parts[1])) {
      if (names.size() < kMostNames) names.emplace_back(line);
    }
  }
  const auto topology = topology_of(names);
  for (const auto& finding : fabric::lint("job.sh", parts.front(), fabric::kNewestNccl, &topology)) {
    require(!finding.text.empty(), "a finding says something");
  }
  (void)fabric::lint("nccl.conf", parts.front(), {2, 10, 3}, nullptr);
  check_mentions(parts.front());
  check_settings(parts.front());
  check_names(names);
  for (const auto part : parts) check_routes(part);
}

}  // namespace launch::fuzz
