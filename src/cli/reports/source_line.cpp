#include "cli/reports/source_line.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {
namespace {

constexpr std::size_t kMostWidth = 100;

bool is_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// One column per character: tabs are spaces.
std::string shown(std::string_view text) {
  return replace_all(printable(text), "\t", " ");
}

std::string within_width(std::string text) {
  if (characters(text) <= kMostWidth) return text;
  std::size_t byte = 0;
  for (std::size_t count = 0; byte < text.size(); ++byte) {
    if ((static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80) continue;
    if (count++ == kMostWidth - 1) break;
  }
  return text.substr(0, byte) + "…";
}

}  // namespace

std::size_t SourceLine::characters_before(std::size_t byte) const {
  return characters(std::string_view(text).substr(0, byte));
}

SourceLine source_line(const probe::CheckReport& report, const probe::Use& use) {
  const auto found = report.lines.find({use.file, use.line});
  if (found == report.lines.end()) return {};
  SourceLine line{found->second};
  line.first = std::min<std::size_t>(use.column == 0 ? 0 : use.column - 1, line.text.size());
  while (line.first + line.size < line.text.size() && is_in_name(line.text[line.first + line.size]))
    ++line.size;
  return line;
}

std::string caret_lines(const SourceLine& line, std::string_view indentation) {
  if (line.text.empty()) return {};
  const std::string_view text = line.text;
  auto start = std::min(text.find_first_not_of(" \t"), line.first);
  // A long line is shown from shortly before the name on.
  const bool cut_start = characters(text.substr(start, line.first + line.size - start)) > kMostWidth;
  if (cut_start) start = line.first;
  const auto before = shown(text.substr(start, line.first - start));
  const auto name = shown(text.substr(line.first, line.size));
  auto shown_text =
      before + name +
      shown(trim(text.substr(line.first + line.size)).empty() ? std::string_view()
                                                              : text.substr(line.first + line.size));
  const auto end = shown_text.find_last_not_of(' ');
  shown_text.resize(end == std::string::npos ? 0 : end + 1);
  shown_text = within_width(std::move(shown_text));
  return fmt::format("{0}{1}\n{0}{2}{3}", indentation, shown_text, std::string(characters(before), ' '),
                     std::string(std::max<std::size_t>(characters(name), 1), '^'));
}

std::string plain_line(const probe::CheckReport& report, const std::string& file, std::uint32_t line,
                       std::string_view indentation) {
  const auto found = report.lines.find({file, line});
  if (found == report.lines.end()) return {};
  return std::string(indentation) + within_width(shown(trim(found->second)));
}

}  // namespace launch::cli
