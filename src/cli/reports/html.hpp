#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace launch::cli {

/// Text for HTML and SVG: "<", ">", "&" and quotes are escaped, the rest made printable.
std::string html_text(std::string_view text);
/// The same in a fixed-width font.
std::string html_code(std::string_view text);

using HtmlRows = std::vector<std::vector<std::string>>;
/// A table under a heading, its cells already HTML; nothing without rows.
std::string html_table(std::string_view heading, const HtmlRows& rows);

/// A page that needs nothing else. `title` is text, `style` CSS beside that of all pages, `body` HTML.
std::string html_page(std::string_view title, std::string_view style, std::string_view body);

}  // namespace launch::cli
