#include "train/rank_line.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "train/json_values.hpp"
#include "train/rank_script.hpp"

namespace launch::train {

namespace {

using Json = nlohmann::json;

Raised raised_in(const Json& json) {
  return {json_string(json, {"type"}), json_strings(json_at(json, {"mro"})), json_string(json, {"message"})};
}

std::vector<Raised> all_raised_in(const Json& json, const char* key) {
  std::vector<Raised> out;
  const auto& list = json_at(json, {key});
  if (!list.is_array()) return out;
  for (const auto& each : list) out.push_back(raised_in(each));
  return out;
}

/// That of "p", the start of a line, follows in its text.
std::optional<RankLine::Kind> kind_of(char letter) {
  switch (letter) {
    case 'o':
    case 'O':
    case 'p':
      return RankLine::Kind::out;
    case 'e':
    case 'E':
      return RankLine::Kind::err;
    case 's':
      return RankLine::Kind::started;
    case 'f':
      return RankLine::Kind::failed;
    case 'h':
      return RankLine::Kind::handled;
    case 'd':
      return RankLine::Kind::handling;
    case 'k':
      return RankLine::Kind::stacks;
    case 'r':
      return RankLine::Kind::ras;
    case 'x':
      return RankLine::Kind::ended;
    default:
      return std::nullopt;
  }
}

bool is_output(const RankLine& line) {
  return line.kind == RankLine::Kind::out || line.kind == RankLine::Kind::err;
}

/// The text of "p": "o" or "e", and the start of a line.
bool read_start(RankLine& line) {
  const auto stream = line.text.substr(0, 2);
  if (stream != "o " && stream != "e ") return false;
  line.kind = stream == "o " ? RankLine::Kind::out : RankLine::Kind::err;
  line.extent = RankLine::Extent::start;
  line.text.remove_prefix(stream.size());
  return true;
}

/// Whether what follows replaces the line: it ended with a carriage return, or it moves the cursor up before
/// its newline, as tqdm does for a bar below another.
void read_end(RankLine& line) {
  if (line.text.ends_with('\r')) {
    line.text.remove_suffix(1);
    line.extent = RankLine::Extent::replaced;
  } else if (line.text.ends_with(kCursorUp)) {
    line.extent = RankLine::Extent::replaced;
  }
}

}  // namespace

std::span<const RankFile> rank_files() {
  static constexpr std::array<RankFile, 6> files{{{"rank.py", kRankScriptText},
                                                  {"rank_control.py", kRankControlText},
                                                  {"rank_evidence.py", kRankEvidenceText},
                                                  {"rank_ras.py", kRankRasText},
                                                  {"hook/sitecustomize.py", kRankHookText},
                                                  {"node.sh", kNodeScriptText}}};
  return files;
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
  RankLine out{.rank = static_cast<int>(*rank), .text = line.substr(space + 3)};
  const auto kind = kind_of(line[space + 1]);
  if (!kind) return std::nullopt;
  out.kind = *kind;
  if (line[space + 1] == 'p') return read_start(out) ? std::optional(out) : std::nullopt;
  if (line[space + 1] == 'O' || line[space + 1] == 'E') {
    out.extent = RankLine::Extent::part;
  } else if (is_output(out)) {
    read_end(out);
  }
  return out;
}

std::optional<RankEvent> read_rank_event(std::string_view text) {
  const auto json = parse_json<Json>(text);
  const auto code = json_integer<int>(json_at(json, {"code"}));
  const auto signal = json_integer<int>(json_at(json, {"signal"}));
  if (!code || !signal || !json_at(json, {"time"}).is_number()) return std::nullopt;
  RankEvent event{.code = *code, .signal = *signal, .time = json_number(json_at(json, {"time"})).value_or(0)};
  event.started = json_number(json_at(json, {"started"})).value_or(0);
  event.asked_to_end = json_true(json_at(json, {"asked_to_end"}));
  event.killed = json_true(json_at(json, {"killed"}));
  event.asked = json_number(json_at(json, {"asked"}));
  event.after = json_integer<int>(json_at(json, {"after"})).value_or(0);
  if (json_at(json, {"ended_normally"}).is_boolean())
    event.ended_normally = json_true(json_at(json, {"ended_normally"}));
  event.said = json_string(json, {"said"});
  event.words = json_strings(json_at(json, {"words"}));
  event.oom_kills = json_integer<int>(json_at(json, {"oom_kills"}));
  event.memory_limit = json_integer<std::uint64_t>(json_at(json, {"memory_limit"}));
  if (json_at(json, {"message"}).is_string()) event.message = json_string(json, {"message"});
  return event;
}

std::optional<RankException> read_rank_exception(std::string_view text) {
  const auto json = parse_json<Json>(text);
  if (json_string(json, {"type"}).empty() || !json_at(json, {"time"}).is_number()) return std::nullopt;
  return RankException{raised_in(json),
                       json_number(json_at(json, {"time"})).value_or(0),
                       all_raised_in(json, "chain"),
                       all_raised_in(json, "leaves"),
                       json_strings(json_at(json, {"lines"})),
                       json_true(json_at(json, {"hook"})),
                       json_true(json_at(json, {"asked_to_end"})),
                       json_strings(json_at(json, {"words"}))};
}

std::vector<std::string> read_rank_lines(std::string_view text) {
  const auto json = parse_json<Json>(text);
  return json_strings(json_at(json, {"lines"}));
}

}  // namespace launch::train
