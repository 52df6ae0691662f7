#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/fabric.hpp"

namespace launch::cli {
namespace {

constexpr std::string_view kStyle = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1100px; padding: 0 1em; color: #222; }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid #ddd }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere } .picture { overflow-x: auto }
.warning { background: #fff4d6; border-left: 4px solid #d90; padding: .5em 1em } .source { color: #666; font-size: .85em }
svg text { font: 13px system-ui, sans-serif; fill: #222 } svg text.small { font-size: 11px; fill: #555 }
.node { fill: #f6f7f9; stroke: #b8bec8 } .switch { fill: #fff; stroke: #8a93a3 } .switch.none { stroke-dasharray: 4 3 }
.gpu rect { fill: #e4ecfb; stroke: #5b7fc7 } .chosen rect { fill: #dcf3dc; stroke: #2f8f3a; stroke-width: 2 }
.left rect, .nic rect { fill: #eee; stroke: #999 } .down rect { fill: #fbe6e4; stroke: #c4483c; stroke-dasharray: 4 3 }
.key span { border: 1px solid; border-radius: 3px; padding: 0 .5em; margin-right: .6em }
)";

constexpr std::string_view kKey =
    "<p class=\"key\"><span style=\"background:#e4ecfb\">GPU</span><span style=\"background:#dcf3dc\">chosen"
    "</span><span style=\"background:#eee\">not used</span><span "
    "style=\"background:#fbe6e4\">down</span></p>\n";

using Rows = std::vector<std::vector<std::string>>;

/// A table under a heading, its cells already HTML; nothing without rows.
std::string table_html(std::string_view heading, const Rows& rows) {
  if (rows.empty()) return {};
  auto out = fmt::format("<h2>{}</h2>\n<table>\n", heading);
  for (const auto& row : rows) {
    out += "<tr>";
    for (const auto& cell : row) out += fmt::format("<td>{}</td>", cell);
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string code(std::string_view text) {
  return fmt::format("<code>{}</code>", html_text(text));
}

Rows variable_rows(const commands::FabricReport& report) {
  Rows rows;
  for (const auto& each : report.choice.variables) {
    auto reason = html_text(each.reason);
    if (!each.source.empty()) {
      reason += fmt::format("<br><span class=\"source\">source: {}</span>", html_text(each.source));
    }
    rows.push_back({code(fmt::format("{}={}", each.name, each.value)), reason});
  }
  return rows;
}

Rows hca_rows(const commands::FabricReport& report) {
  Rows rows;
  for (const auto& hca : report.topology.hcas) {
    for (const auto& port : hca.ports) {
      const auto* verdict = verdict_of(report, hca, port);
      const auto name = hca.ports.size() > 1 ? fmt::format("{}:{}", hca.name, port.number) : hca.name;
      rows.push_back({code(name), html_text(hca.pci.address()), html_text(port_text(port)),
                      verdict != nullptr && verdict->chosen ? "chosen" : "",
                      html_text(verdict == nullptr ? "" : verdict->reason)});
    }
  }
  return rows;
}

Rows nic_rows(const commands::FabricReport& report) {
  Rows rows;
  for (const auto& nic : report.topology.nics) {
    std::vector<std::string> addresses;
    for (const auto& address : nic.addresses) addresses.push_back(address.text());
    rows.push_back({code(nic.name), html_text(nic_text(nic)), html_text(join(addresses, ", ")),
                    nic.name == report.choice.interface ? "chosen" : ""});
  }
  return rows;
}

}  // namespace

std::string html_text(std::string_view text) {
  auto out = replace_all(printable(text), "&", "&amp;");
  out = replace_all(std::move(out), "<", "&lt;");
  out = replace_all(std::move(out), ">", "&gt;");
  return replace_all(std::move(out), "\"", "&quot;");
}

std::string fabric_html(const commands::FabricReport& report) {
  auto out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}: NCCL</title>\n"
      "<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<p>GPUs: {2}. NCCL {3}.</p>\n",
      html_text(machine_text(report)), kStyle, html_text(gpus_text(report.topology)), report.nccl.text());
  for (const auto& warning : report.choice.warnings) {
    out += fmt::format("<p class=\"warning\">{}</p>\n", html_text(warning));
  }
  out += fmt::format("<div class=\"picture\">\n{}</div>\n{}", fabric_picture(report), kKey);
  out += table_html("Environment", variable_rows(report));
  Rows left;
  for (const auto& each : report.choice.left_alone) left.push_back({code(each.name), html_text(each.reason)});
  out += table_html("Left alone", left);
  Rows settings;
  for (const auto& each : report.settings) {
    settings.push_back({code(fmt::format("{}={}", each.name, each.value)), html_text(each.origin)});
  }
  out += table_html("Set already", settings);
  out += table_html("HCAs", hca_rows(report));
  out += table_html("Interfaces", nic_rows(report));
  return out + "</body>\n</html>\n";
}

}  // namespace launch::cli
