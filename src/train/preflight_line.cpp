#include "train/preflight_line.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "train/json_values.hpp"
#include "train/preflight_script.hpp"

namespace launch::train {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostRounds = 64;

std::vector<int> ranks_in(const Json& json) {
  std::vector<int> out;
  for (const auto& each : json) {
    if (const auto rank = json_integer<int>(each)) out.push_back(*rank);
  }
  return out;
}

PreflightRound::Kind kind_named(std::string_view name) {
  using Kind = PreflightRound::Kind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kinds{{{"alone", Kind::alone},
                                                                           {"all", Kind::all},
                                                                           {"node", Kind::node},
                                                                           {"pairs", Kind::pairs},
                                                                           {"inside", Kind::inside}}};
  for (const auto& [known, kind] : kinds) {
    if (known == name) return kind;
  }
  return Kind::alone;
}

PreflightPart::End end_named(std::string_view name) {
  using End = PreflightPart::End;
  if (name == "died") return End::died;
  if (name == "hang") return End::hung;
  return name == "ended" ? End::ended : End::error;
}

PreflightRound round_of(const Json& json) {
  PreflightRound round{.kind = kind_named(json_string(json, {"kind"}))};
  for (const auto& group : json_at(json, {"groups"})) round.groups.push_back(ranks_in(group));
  round.limit = json_integer<int>(json_at(json, {"limit"})).value_or(0);
  return round;
}

PreflightPart part_of(const Json& json) {
  PreflightPart part;
  if (!json_true(json_at(json, {"ok"}))) part.end = end_named(json_string(json, {"why"}));
  part.step = json_integer<int>(json_at(json, {"step"})).value_or(0);
  part.at = json_string(json, {"at"});
  const auto& error = json_at(json, {"error"});
  part.error = {json_string(error, {"type"}), json_strings(json_at(error, {"mro"})),
                json_string(error, {"message"})};
  part.status = json_integer<int>(json_at(json, {"status"})).value_or(0);
  part.version = json_string(json, {"version"});
  for (const auto& each : json_at(json, {"bandwidth"})) {
    if (!each.is_array() || each.size() != 2 || !each[1].is_number()) continue;
    part.bandwidth.push_back({json_integer<std::uint64_t>(each[0]).value_or(0), each[1].get<double>()});
  }
  part.transports = json_strings(json_at(json, {"transports"}));
  part.interfaces = json_strings(json_at(json, {"interfaces"}));
  part.hcas = json_strings(json_at(json, {"hcas"}));
  part.warnings = json_strings(json_at(json, {"warnings"}));
  return part;
}

}  // namespace

std::span<const RankFile> preflight_files() {
  static constexpr std::array<RankFile, 3> files{{{"preflight.py", kPreflightText},
                                                  {"preflight_rounds.py", kPreflightRoundsText},
                                                  {"preflight_work.py", kPreflightWorkText}}};
  return files;
}

bool read_preflight_line(int rank, std::string_view line, PreflightFindings& findings) {
  constexpr std::string_view mark = "@preflight ";
  if (!line.starts_with(mark)) return false;
  const auto json = parse_json<Json>(line.substr(mark.size()));
  if (!json.is_object()) return false;
  if (const auto host = json_string(json, {"hello"}); !host.empty()) findings.hosts[rank] = host;
  const auto at = [&](const char* key) {
    const auto number = json_integer<std::size_t>(json_at(json, {key}));
    if (!number || *number >= kMostRounds) return std::optional<std::size_t>();
    if (findings.parts.size() <= *number) {
      findings.parts.resize(*number + 1);  // a rank's part may come before the round's line
      findings.rounds.resize(*number + 1);
    }
    return number;
  };
  if (const auto number = at("round")) findings.rounds[*number] = round_of(json);
  if (const auto number = at("part")) findings.parts[*number][rank] = part_of(json);
  if (json.contains("over")) {
    findings.over = true;
    findings.silent = ranks_in(json_at(json, {"silent"}));
  }
  return true;
}

}  // namespace launch::train
