#include "image/quoting.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::image {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:=,@%~";

bool is_plain(char c) {
  return kPlain.find(c) != std::string_view::npos;
}

std::string escaped(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string dockerfile_word(std::string_view word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
  return '"' + escaped(word) + '"';
}

std::string dockerfile_value(const Variable& variable) {
  if (variable.parts.size() == 1) return dockerfile_word(variable.parts.front());
  std::vector<std::string> parts;
  for (const auto& part : variable.parts) parts.push_back(escaped(part));
  return fmt::format("\"{}\"", join(parts, fmt::format("${{{}}}", variable.name)));
}

std::string dockerfile_copy_path(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (!is_plain(c) && static_cast<unsigned char>(c) < 0x80) escaped += '\\';
    escaped += c;
  }
  return json_text(nlohmann::json(escaped));
}

std::string run_script(std::span<const std::string> lines) {
  std::string out = "RUN [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\", \"";
  for (const auto& line : lines) {
    const auto quoted = json_text(nlohmann::json(line));
    out += fmt::format("\\\n  {}", std::string_view(quoted).substr(1, quoted.size() - 2));
  }
  return out + "\"]\n";
}

}  // namespace launch::image
