#include "containers/history.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::containers {
namespace {

using nlohmann::json;

/// All but RUN, which may not be written.
constexpr std::array<std::string_view, 16> kInstructions = {
    "ADD",   "ARG",   "CMD",        "COPY",    "ENTRYPOINT", "ENV",  "EXPOSE", "HEALTHCHECK",
    "LABEL", "SHELL", "MAINTAINER", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"};
/// Those that make a layer, whatever is in it; in some engines WORKDIR does, too.
constexpr std::array<std::string_view, 3> kWithLayer = {"ADD", "COPY", "RUN"};
constexpr std::string_view kFolder = "WORKDIR";

bool is_among(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Engines without BuildKit write "/bin/sh -c #(nop) COPY …", and what RUN ran without that word.
std::string instruction_of(std::string_view created_by) {
  constexpr std::string_view kNothing = "#(nop)";
  if (const auto at = created_by.find(kNothing); at != std::string_view::npos)
    created_by = trim(created_by.substr(at + kNothing.size()));
  const auto word = created_by.substr(0, created_by.find(' '));
  return std::string(is_among(kInstructions, word) ? word : "RUN");
}

std::optional<LayerStep> step_of(const json& item) {
  auto size = json_integer<std::uint64_t>(json_at(item, {"size"}));
  if (!size) size = parse_u64(json_string(item, {"Size"}));
  if (!size) return std::nullopt;
  return LayerStep{instruction_of(json_string(item, {"CreatedBy"})), *size};
}

/// From above, as it is printed: a list, or an object on each line.
std::optional<std::vector<LayerStep>> all_steps(std::string_view history) {
  std::vector<json> items;
  if (auto list = parse_json<json>(history); list.is_array()) {
    items.assign(list.begin(), list.end());
  } else {
    for (const auto line : lines(history)) {
      if (!trim(line).empty()) items.push_back(parse_json<json>(line));
    }
  }
  std::vector<LayerStep> steps;
  for (const auto& item : items) {
    auto step = step_of(item);
    if (!step) return std::nullopt;
    steps.push_back(*std::move(step));
  }
  return steps;
}

}  // namespace

std::optional<std::vector<LayerStep>> layer_steps(std::string_view history, std::size_t layers) {
  const auto all = all_steps(history);
  if (!all) return std::nullopt;
  for (const bool folders : {false, true}) {
    std::vector<LayerStep> made;
    for (auto step = all->rbegin(); step != all->rend(); ++step) {
      const auto& word = step->instruction;
      if (step->size > 0 || is_among(kWithLayer, word) || (folders && word == kFolder)) made.push_back(*step);
    }
    if (made.size() == layers) return made;
  }
  return std::nullopt;
}

}  // namespace launch::containers
