#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/reports/fabric.hpp"
#include "cli/reports/json_parts.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

/// 0 is unknown.
Json number_or_null(unsigned number) {
  return number == 0 ? Json(nullptr) : Json(number);
}

Json place_json(const fabric::PciPlace& place) {
  return {{"address", text_or_null<Json>(place.address())},
          {"numa", place.numa ? Json(*place.numa) : Json(nullptr)},
          {"switch", text_or_null<Json>(fabric::switch_of(place))}};
}

Json gpus_json(const fabric::Topology& topology) {
  auto out = Json::array();
  for (const auto& gpu : topology.gpus) {
    out.push_back({{"name", fabric::gpu_name(gpu)}, {"pci", place_json(gpu.pci)}});
  }
  return out;
}

Json hcas_json(const commands::FabricReport& report) {
  auto out = Json::array();
  for (const auto& hca : report.topology.hcas) {
    auto ports = Json::array();
    for (const auto& port : hca.ports) {
      const auto& verdict = report.choice.hcas.verdict(hca, port);
      ports.push_back({{"port", port.number},
                       {"state", text_or_null<Json>(port.state)},
                       {"link_layer", text_or_null<Json>(port.link_layer)},
                       {"gigabits", number_or_null(port.rate)},
                       {"chosen", verdict.chosen},
                       {"reason", verdict.reason}});
    }
    const auto distance = fabric::distance_to_gpus(hca.pci, report.topology);
    out.push_back({{"name", hca.name},
                   {"pci", place_json(hca.pci)},
                   {"efa", hca.is_efa},
                   {"distance", fabric::distance_name(distance)},
                   {"interfaces", hca.netdevs},
                   {"ports", std::move(ports)}});
  }
  return out;
}

Json nics_json(const fabric::Topology& topology) {
  auto out = Json::array();
  for (const auto& nic : topology.nics) {
    auto addresses = Json::array();
    for (const auto& address : nic.addresses) addresses.push_back(address.text());
    out.push_back({{"name", nic.name},
                   {"kind", fabric::kind_name(nic.kind)},
                   {"up", nic.up},
                   {"megabits", number_or_null(nic.speed)},
                   {"driver", text_or_null<Json>(nic.driver)},
                   {"master", text_or_null<Json>(nic.master)},
                   {"lower", nic.lower},
                   {"addresses", std::move(addresses)},
                   {"pci", place_json(nic.pci)}});
  }
  return out;
}

Json shared_json(const fabric::Topology& topology) {
  auto out = Json::array();
  for (const auto& shared : topology.shared_addresses) {
    out.push_back({{"address", shared.address.text()}, {"interfaces", shared.interfaces}});
  }
  return out;
}

Json settings_json(const std::vector<fabric::Setting>& settings) {
  auto out = Json::array();
  for (const auto& setting : settings) {
    auto hidden = Json::array();
    for (const auto& each : setting.hidden)
      hidden.push_back({{"value", each.value}, {"origin", each.origin}});
    out.push_back({{"name", setting.name},
                   {"value", setting.value},
                   {"origin", setting.origin},
                   {"hidden", std::move(hidden)}});
  }
  return out;
}

}  // namespace

std::string fabric_json(const commands::FabricReport& report) {
  auto variables = Json::array();
  for (const auto& each : report.choice.variables) {
    variables.push_back({{"name", each.name},
                         {"value", each.value},
                         {"reason", each.reason},
                         {"source", text_or_null<Json>(each.source)}});
  }
  auto left_alone = Json::array();
  for (const auto& each : report.choice.left_alone) {
    left_alone.push_back({{"name", each.name}, {"reason", each.reason}});
  }
  const auto& machine = report.topology.machine;
  return json_text(Json{{"schema", 1},
                        {"root", report.root},
                        {"nccl", report.nccl.text()},
                        {"head", text_or_null<Json>(report.head)},
                        {"machine",
                         {{"vendor", text_or_null<Json>(machine.vendor)},
                          {"product", text_or_null<Json>(machine.product)},
                          {"board", text_or_null<Json>(machine.board)},
                          {"asset_tag", text_or_null<Json>(machine.asset_tag)}}},
                        {"preset", report.preset == nullptr ? Json(nullptr) : Json(report.preset->name)},
                        {"gpus", gpus_json(report.topology)},
                        {"hcas", hcas_json(report)},
                        {"interfaces", nics_json(report.topology)},
                        {"shared_addresses", shared_json(report.topology)},
                        {"interface", text_or_null<Json>(report.choice.interface)},
                        {"variables", std::move(variables)},
                        {"left_alone", std::move(left_alone)},
                        {"settings", settings_json(report.settings)},
                        {"warnings", report.choice.warnings}});
}

std::string fabric_lint_json(const std::vector<commands::LintedFile>& files) {
  auto findings = Json::array();
  for (const auto& file : files) {
    for (const auto& each : file.findings) {
      const bool error = each.severity == fabric::Finding::Severity::error;
      findings.push_back({{"file", file.path},
                          {"line", each.line},
                          {"severity", error ? "error" : "warning"},
                          {"text", each.text}});
    }
  }
  return json_text(Json{{"schema", 1}, {"files", files.size()}, {"findings", std::move(findings)}});
}

std::string fabric_record_json(const commands::RecordedTree& recorded) {
  return json_text(
      Json{{"schema", 1}, {"folder", recorded.folder}, {"files", recorded.files}, {"links", recorded.links}});
}

}  // namespace launch::cli
