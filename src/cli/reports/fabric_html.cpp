#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/fabric.hpp"
#include "cli/reports/html.hpp"

namespace launch::cli {
namespace {

constexpr std::string_view kStyle = R"(
.node { fill: #f6f7f9; stroke: #b8bec8 } .switch { fill: #fff; stroke: #8a93a3 } .switch.none { stroke-dasharray: 4 3 }
.gpu rect { fill: #e4ecfb; stroke: #5b7fc7 } .chosen rect { fill: #dcf3dc; stroke: #2f8f3a; stroke-width: 2 }
.left rect, .nic rect { fill: #eee; stroke: #999 } .down rect { fill: #fbe6e4; stroke: #c4483c; stroke-dasharray: 4 3 }
)";

constexpr std::string_view kKey =
    "<p class=\"key\"><span style=\"background:#e4ecfb\">GPU</span><span style=\"background:#dcf3dc\">chosen"
    "</span><span style=\"background:#eee\">not used</span><span "
    "style=\"background:#fbe6e4\">down</span></p>\n";

HtmlRows variable_rows(const commands::FabricReport& report) {
  HtmlRows rows;
  for (const auto& each : report.choice.variables) {
    auto reason = html_text(each.reason);
    if (!each.source.empty()) {
      reason += fmt::format("<br><span class=\"source\">source: {}</span>", html_text(each.source));
    }
    rows.push_back({html_code(fmt::format("{}={}", each.name, each.value)), reason});
  }
  return rows;
}

HtmlRows hca_rows(const commands::FabricReport& report) {
  HtmlRows rows;
  for (const auto& hca : report.topology.hcas) {
    for (const auto& port : hca.ports) {
      const auto& verdict = report.choice.hcas.verdict(hca, port);
      rows.push_back({html_code(fabric::port_name(hca, port)), html_text(hca.pci.address()),
                      html_text(port_text(port)), verdict.chosen ? "chosen" : "", html_text(verdict.reason)});
    }
  }
  return rows;
}

HtmlRows nic_rows(const commands::FabricReport& report) {
  HtmlRows rows;
  for (const auto& nic : report.topology.nics) {
    std::vector<std::string> addresses;
    for (const auto& address : nic.addresses) addresses.push_back(address.text());
    rows.push_back({html_code(nic.name), html_text(nic_text(nic)), html_text(join(addresses, ", ")),
                    nic.name == report.choice.interface ? "chosen" : ""});
  }
  return rows;
}

}  // namespace

std::string fabric_html(const commands::FabricReport& report) {
  auto out = fmt::format("<h1>{}</h1>\n<p>GPUs: {}. NCCL {}.</p>\n", html_text(machine_text(report)),
                         html_text(gpus_text(report.topology)), html_text(report.release));
  for (const auto& warning : report.choice.warnings) {
    out += fmt::format("<p class=\"warning\">{}</p>\n", html_text(warning));
  }
  out += fmt::format("<div class=\"picture\">\n{}</div>\n{}", fabric_picture(report), kKey);
  out += html_table("Environment", variable_rows(report));
  HtmlRows left;
  for (const auto& each : report.choice.left_alone)
    left.push_back({html_code(each.name), html_text(each.reason)});
  out += html_table("Left alone", left);
  HtmlRows settings;
  for (const auto& each : report.settings) {
    settings.push_back({html_code(fmt::format("{}={}", each.name, each.value)), html_text(each.origin)});
  }
  out += html_table("Set already", settings);
  out += html_table("HCAs", hca_rows(report));
  out += html_table("Interfaces", nic_rows(report));
  return html_page(machine_text(report) + ": NCCL", kStyle, out);
}

}  // namespace launch::cli
