#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/fabric.hpp"
#include "cli/table.hpp"

namespace launch::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// A heading and its lines, each indented.
void add_section(std::vector<std::string>& out, const std::string& heading, const std::string& body) {
  if (body.empty()) return;
  out.emplace_back();
  out.push_back(heading);
  for (const auto line : lines(body)) out.push_back(fmt::format("  {}", line));
}

std::string table_or_nothing(const Rows& rows) {
  return rows.empty() ? std::string() : table_of(rows);
}

std::string hcas_of(const commands::FabricReport& report) {
  Rows rows;
  std::vector<std::string> efa;
  for (const auto& hca : report.topology.hcas) {
    if (hca.is_efa) {
      efa.push_back(hca.name);
      continue;
    }
    for (const auto& port : hca.ports) {
      const auto& verdict = report.choice.hcas.verdict(hca, port);
      rows.push_back(
          {fabric::port_name(hca, port), port_text(port), verdict.chosen ? "chosen" : "-", verdict.reason});
    }
  }
  auto body = table_or_nothing(rows);
  if (!efa.empty()) {
    const auto names = efa.size() == 1 ? efa.front() : fmt::format("{} to {}", efa.front(), efa.back());
    body += fmt::format("{}{}, {}: for the plugin aws-ofi-nccl", body.empty() ? "" : "\n",
                        count_of(efa.size(), "EFA device"), names);
  }
  return body;
}

std::string interfaces_of(const commands::FabricReport& report) {
  Rows rows;
  std::size_t others = 0;
  for (const auto& nic : report.topology.nics) {
    const bool chosen = nic.name == report.choice.interface;
    if (!chosen && (nic.kind == fabric::NicKind::other || nic.kind == fabric::NicKind::loopback)) {
      others += nic.kind == fabric::NicKind::other ? 1 : 0;
      continue;
    }
    rows.push_back({nic.name, nic_text(nic), chosen ? "chosen" : "-"});
  }
  auto body = table_or_nothing(rows);
  if (others > 0) {
    body += fmt::format("{}{}", body.empty() ? "" : "\n", count_of(others, "virtual interface"));
  }
  for (const auto& shared : report.topology.shared_addresses) {
    body += fmt::format("{}{} is on {}: all are in its network", body.empty() ? "" : "\n",
                        shared.address.text(), join_words(shared.interfaces, "or"));
  }
  return body;
}

std::string environment_of(const commands::FabricReport& report) {
  std::vector<std::string> out;
  for (const auto& variable : report.choice.variables) {
    out.push_back(printable(fmt::format("{}={}", variable.name, variable.value)));
    out.push_back(printable(fmt::format("    {}", variable.reason)));
    if (!variable.source.empty()) out.push_back(fmt::format("    source: {}", variable.source));
  }
  return out.empty() ? "nothing to set" : join(out, "\n");
}

std::string settings_of(const commands::FabricReport& report) {
  std::vector<std::string> out;
  for (const auto& setting : report.settings) {
    std::vector<std::string> hidden;
    for (const auto& each : setting.hidden) {
      hidden.push_back(fmt::format("{} of {}", in_quotes(each.value), each.origin));
    }
    out.push_back(printable(fmt::format("{}={}  by {}{}", setting.name, setting.value, setting.origin,
                                        hidden.empty() ? "" : ", before " + join_words(hidden))));
  }
  return join(out, "\n");
}

}  // namespace

std::string port_text(const fabric::Port& port) {
  // A port that is down has a rate of no meaning.
  const auto rate = port.rate == 0 || !port.active() ? "" : fmt::format(" {} Gb/s", port.rate);
  const auto or_unknown = [](const std::string& text) { return text.empty() ? "unknown" : text.c_str(); };
  return fmt::format("{}{}, {}", or_unknown(port.link_layer), rate, or_unknown(port.state));
}

std::string nic_text(const fabric::Nic& nic) {
  auto text = std::string(kind_name(nic.kind));
  if (!nic.lower.empty()) text += fmt::format(" of {}", join_words(nic.lower));
  if (!nic.master.empty()) text += fmt::format(" in {}", nic.master);
  text += nic.up ? ", up" : ", down";
  constexpr double kMegabits = 1000;
  if (nic.speed != 0) text += fmt::format(", {:g} Gb/s", nic.speed / kMegabits);
  if (!nic.driver.empty()) text += fmt::format(", {}", nic.driver);
  return text;
}

std::string gpus_text(const fabric::Topology& topology) {
  std::map<std::string, std::size_t> counts;
  for (const auto& gpu : topology.gpus) ++counts[gpu_name(gpu)];
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} × {}", count, name));
  return parts.empty() ? "none" : join_words(parts);
}

std::string machine_text(const commands::FabricReport& report) {
  const auto& machine = report.topology.machine;
  const bool twice = machine.product.starts_with(machine.vendor);
  auto text = std::string(trim(twice ? machine.product : machine.vendor + " " + machine.product));
  if (text.empty()) text = "unknown to DMI";
  if (report.preset == nullptr) return text;
  return fmt::format("{}, treated as {} (--preset {})", text, report.preset->title, report.preset->name);
}

std::string fabric_text(const commands::FabricReport& report) {
  std::vector<std::string> out = {table_of(
      {{"machine", machine_text(report)}, {"GPUs", gpus_text(report.topology)}, {"NCCL", report.release}})};
  add_section(out, "HCAs", hcas_of(report));
  add_section(out, "interfaces", interfaces_of(report));
  add_section(out, "environment", environment_of(report));
  Rows left;
  for (const auto& each : report.choice.left_alone) left.push_back({each.name, each.reason});
  add_section(out, "left alone", table_or_nothing(left));
  add_section(out, "set already", settings_of(report));
  return join(out, "\n");
}

std::string fabric_lint_text(const std::vector<commands::LintedFile>& files) {
  std::vector<std::string> out;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const auto& file : files) {
    for (const auto& finding : file.findings) {
      const bool error = finding.severity == fabric::Finding::Severity::error;
      ++(error ? errors : warnings);
      out.push_back(printable(
          fmt::format("{}:{}: {}: {}", file.path, finding.line, error ? "error" : "warning", finding.text)));
    }
  }
  out.push_back(fmt::format("{} and {} in {}", count_of(errors, "error"), count_of(warnings, "warning"),
                            count_of(files.size(), "file")));
  return join(out, "\n");
}

}  // namespace launch::cli
