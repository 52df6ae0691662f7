#include "cli/reports/html.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {
namespace {

constexpr std::string_view kStyle = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1100px; padding: 0 1em; color: #222; }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid #ddd }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere } .picture { overflow-x: auto }
.warning { background: #fff4d6; border-left: 4px solid #d90; padding: .5em 1em } .source { color: #666; font-size: .85em }
svg text { font: 13px system-ui, sans-serif; fill: #222 } svg text.small { font-size: 11px; fill: #555 }
.key span { border: 1px solid; border-radius: 3px; padding: 0 .5em; margin-right: .6em }
)";

}  // namespace

std::string html_text(std::string_view text) {
  auto out = replace_all(printable(text), "&", "&amp;");
  out = replace_all(std::move(out), "<", "&lt;");
  out = replace_all(std::move(out), ">", "&gt;");
  return replace_all(std::move(out), "\"", "&quot;");
}

std::string html_code(std::string_view text) {
  return fmt::format("<code>{}</code>", html_text(text));
}

std::string html_table(std::string_view heading, const HtmlRows& rows) {
  if (rows.empty()) return {};
  auto out = fmt::format("<h2>{}</h2>\n<table>\n", heading);
  for (const auto& row : rows) {
    out += "<tr>";
    for (const auto& cell : row) out += fmt::format("<td>{}</td>", cell);
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string html_page(std::string_view title, std::string_view style, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n"
      "<style>{}{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      html_text(title), kStyle, style, body);
}

}  // namespace launch::cli
