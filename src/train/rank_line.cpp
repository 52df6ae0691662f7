#include "train/rank_line.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "train/rank_script.hpp"

namespace launch::train {

std::string_view rank_script() {
  return kRankScriptText;
}

std::optional<RankLine> read_rank_line(std::string_view line) {
  constexpr std::string_view mark = "@launch ";
  constexpr std::uint64_t most = 1U << 24;
  if (!line.starts_with(mark)) return std::nullopt;
  line.remove_prefix(mark.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || line.size() < space + 3 || line[space + 2] != ' ')
    return std::nullopt;
  const auto rank = parse_u64(line.substr(0, space));
  if (!rank || *rank > most) return std::nullopt;
  RankLine out;
  out.rank = static_cast<int>(*rank);
  out.text = line.substr(space + 3);
  switch (line[space + 1]) {
    case 'O':
      out.goes_on = true;
      [[fallthrough]];
    case 'o':
      out.kind = RankLine::Kind::out;
      return out;
    case 'E':
      out.goes_on = true;
      [[fallthrough]];
    case 'e':
      out.kind = RankLine::Kind::err;
      return out;
    case 's':
      out.kind = RankLine::Kind::started;
      return out;
    case 'x':
      out.kind = RankLine::Kind::ended;
      return out;
    default:
      return std::nullopt;
  }
}

std::optional<RankEvent> read_rank_event(std::string_view text) {
  const auto json = parse_json<nlohmann::json>(text);
  if (!json.is_object()) return std::nullopt;
  const auto code = json_integer<int>(json_at(json, {"code"}));
  const auto signal = json_integer<int>(json_at(json, {"signal"}));
  if (!code || !signal || !json.contains("time") || !json["time"].is_number()) return std::nullopt;
  RankEvent event;
  event.code = *code;
  event.signal = *signal;
  event.time = json["time"].get<double>();
  if (json.contains("failed") && json["failed"].is_number()) event.failed = json["failed"].get<double>();
  const auto is_true = [&](const char* key) {
    return json.contains(key) && json[key].is_boolean() && json[key].get<bool>();
  };
  event.asked_to_end = is_true("asked_to_end");
  event.killed = is_true("killed");
  if (json.contains("message") && json["message"].is_string())
    event.message = json["message"].get<std::string>();
  return event;
}

}  // namespace launch::train
