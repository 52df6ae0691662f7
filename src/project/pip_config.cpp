#include "project/pip_config.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace launch::project {

namespace {

using Sections = std::map<std::string, PipOptions, std::less<>>;

bool is_comment(std::string_view line) {
  return line.starts_with('#') || line.starts_with(';');
}

Sections read_sections(std::string_view text) {
  Sections sections;
  PipOptions* section = nullptr;
  std::string* value = nullptr;  // that an indented line continues
  for (const auto line : lines(text)) {
    const auto content = trim(line);
    if (content.empty() || is_comment(content)) continue;
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (indented && value != nullptr) {
      value->append("\n").append(content);
      continue;
    }
    value = nullptr;
    if (content.front() == '[') {
      const auto end = content.find(']');
      section = end == std::string_view::npos ? nullptr : &sections[std::string(content.substr(1, end - 1))];
      continue;
    }
    const auto separator = content.find_first_of("=:");
    if (section == nullptr || separator == std::string_view::npos) continue;
    const auto name = replace_all(to_lower(trim(content.substr(0, separator))), "_", "-");
    if (name.empty()) continue;
    value = &(*section)[name];
    *value = trim(content.substr(separator + 1));
  }
  return sections;
}

}  // namespace

PipOptions parse_pip_config(std::string_view text) {
  PipOptions options;
  auto sections = read_sections(text);
  for (const std::string_view name : {"global", "install"}) {
    const auto section = sections.find(name);
    if (section == sections.end()) continue;
    for (auto& [option, value] : section->second) options[option] = value;
  }
  return options;
}

std::vector<std::string> pip_words(std::string_view value) {
  std::vector<std::string> words;
  while (!(value = trim(value)).empty()) {
    const auto end = std::min(value.find_first_of(" \t\r\n"), value.size());
    words.emplace_back(value.substr(0, end));
    value.remove_prefix(end);
  }
  return words;
}

}  // namespace launch::project
