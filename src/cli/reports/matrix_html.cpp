// The matrix as a page. Rows are plain HTML, so that they can be read and printed without the script, which
// adds search, order and evidence from the data at the end.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/reports/html.hpp"
#include "cli/reports/matrix.hpp"
#include "cli/reports/matrix_page.hpp"
#include "cli/reports/names.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostInWords = 6;  ///< stretches in words; the picture has all

char letter_of(pysource::Verdict verdict) {
  return pysource::verdict_name(verdict).front();
}

/// Reasons without their version, each once: neighbouring versions mostly have the same.
class Reasons {
 public:
  std::size_t place(const std::string& reason, const std::string& label) {
    const auto version = label.substr(label.find(' ') + 1);
    auto text =
        replace_all(printable(reason), label, label.substr(0, label.size() - version.size()) + "{version}");
    const auto [known, added] = places_.try_emplace(std::move(text), places_.size());
    if (added) texts_.push_back(known->first);
    return known->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<std::string> texts_;
};

Json runs_json(const probe::MatrixRow& row, const probe::Matrix& matrix, Reasons& reasons) {
  auto runs = Json::array();
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const auto letter = std::string(1, letter_of(row.cells[i].verdict));
    const auto reason = reasons.place(row.cells[i].reason, matrix.package + " " + matrix.versions[i].version);
    if (!runs.empty() && runs.back()[1] == letter && runs.back()[2] == reason) continue;
    runs.push_back({i, letter, reason});
  }
  return runs;
}

/// What the script knows. No "<", so that nothing in it can end the element that it is in.
std::string data_text(const probe::Matrix& matrix) {
  Reasons reasons;
  auto versions = Json::array();
  for (const auto& each : matrix.versions) versions.push_back(each.version);
  auto names = Json::array();
  for (const auto& row : matrix.rows) {
    const auto stretches = row.stretches();
    auto uses = Json::array();
    for (const auto& use : row.name.uses) uses.push_back(shown_place(use));
    const bool first = stretches.front().verdict == pysource::Verdict::yes;
    names.push_back({{"name", shown_name(row.name.requirement)},
                     {"need", pysource::need_name(row.name.need)},
                     {"changes", row.changes()},
                     {"newest", std::string(1, letter_of(row.cells.back().verdict))},
                     {"since", first || stretches.size() == 1 ? 0 : stretches[1].first},
                     {"until", stretches.back().first},
                     {"runs", runs_json(row, matrix, reasons)},
                     {"uses", std::move(uses)}});
  }
  const Json data = {{"package", matrix.package},
                     {"versions", std::move(versions)},
                     {"names", std::move(names)},
                     {"reasons", reasons.texts()}};
  return replace_all(json_text(data), "<", "\\u003c");
}

std::string row_html(const probe::MatrixRow& row, const probe::Matrix& matrix, std::size_t index) {
  const auto story = html_text(story_of(row, matrix, kMostInWords));
  auto html = fmt::format(
      "<div class=\"row\" role=\"row\" data-i=\"{}\"><span role=\"rowheader\" title=\"{}\">{}</span>"
      "<span class=\"story\" role=\"cell\" title=\"{}\">{}</span><div class=\"cells\" role=\"gridcell\" "
      "tabindex=\"-1\">",
      index, html_text(shown_name(row.name.requirement)), html_code(shown_name(row.name.requirement)), story,
      story);
  for (const auto& stretch : row.stretches()) {
    html += fmt::format("<i class=\"{}\" style=\"flex:{}\"></i>", letter_of(stretch.verdict),
                        stretch.last - stretch.first + 1);
  }
  return html + "</div></div>\n";
}

std::size_t longest_of(const probe::Matrix& matrix) {
  std::size_t longest = 0;
  for (const auto& each : matrix.versions) longest = std::max(longest, each.version.size());
  return longest;
}

std::string head_html(const probe::Matrix& matrix) {
  std::string html =
      "<div class=\"row head\" role=\"row\"><span role=\"columnheader\">Name</span>"
      "<span role=\"columnheader\">Versions</span><div class=\"cells\" role=\"columnheader\">";
  for (const auto& each : matrix.versions) html += fmt::format("<span>{}</span>", html_text(each.version));
  return html + "</div></div>\n";
}

constexpr std::string_view kForm = R"(<form role="search">
<label>Search <input name="search" type="search" placeholder="names and files; press /"></label>
<label>Show <select name="show"><option value="all">all names</option>
<option value="changes">names that change</option><option value="gone">names missing in the newest version</option>
<option value="unknown">names with unknown answers</option></select></label>
<label>Sort by <select name="sort"><option value="name">name</option>
<option value="first">most recently added</option><option value="last">most recently changed</option>
<option value="need">need</option></select></label>
<span id="count" role="status"></span>
<span class="key"><i class="y"></i>yes<i class="n"></i>no<i class="u"></i>unknown</span>
</form>
)";

}  // namespace

std::string matrix_html(const probe::Matrix& matrix) {
  const auto title = fmt::format("{}: {} in {}", matrix.package, count_of(matrix.rows.size(), "name"),
                                 count_of(matrix.versions.size(), "version"));
  auto html = fmt::format("<h1>{}</h1>\n", html_text(title));
  for (const auto& line : asked_versions(matrix)) {
    html += fmt::format("<p class=\"about\">{}</p>\n", html_text(line));
  }
  html += kForm;
  html += fmt::format("<div class=\"grid\" role=\"grid\" aria-label=\"{}\" style=\"--n:{};--longest:{}\">\n",
                      html_text(title), matrix.versions.size(), longest_of(matrix));
  html += head_html(matrix);
  html += "<div class=\"body\" role=\"rowgroup\">\n";
  for (std::size_t i = 0; i < matrix.rows.size(); ++i) html += row_html(matrix.rows[i], matrix, i);
  html += "</div>\n</div>\n<output aria-live=\"polite\"></output>\n";
  html += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n", data_text(matrix));
  html += fmt::format("<script>{}</script>\n", kMatrixScript);
  return html_page(title, kMatrixStyle, html);
}

}  // namespace launch::cli
