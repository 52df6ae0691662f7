#include "train/run_story.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "train/json_values.hpp"

namespace launch::train {
namespace {

using Json = nlohmann::json;

StoryNode node_of(const Json& json) {
  const auto& gpus = json_at(json, {"gpus"});
  return {json_integer<int>(json_at(json, {"node"})).value_or(0),
          gpus.is_array() ? join(json_strings(gpus), ",") : json_string(gpus)};
}

StoryRank rank_of(const Json& json) {
  StoryRank rank;
  rank.node = json_integer<int>(json_at(json, {"node"})).value_or(0);
  rank.rank = json_integer<int>(json_at(json, {"rank"})).value_or(0);
  rank.started = json_number(json_at(json, {"started"}));
  rank.ended = json_number(json_at(json, {"time"})).value_or(0);
  rank.code = json_integer<int>(json_at(json, {"code"})).value_or(0);
  rank.signal = json_integer<int>(json_at(json, {"signal"})).value_or(0);
  rank.asked_to_end = json_true(json_at(json, {"asked_to_end"}));
  rank.killed = json_true(json_at(json, {"killed"}));
  rank.kind = json_string(json, {"kind"});
  rank.message = json_string(json, {"message"});
  return rank;
}

/// Of a run's or an attempt's end.
std::map<int, std::string> frames_of(const Json& end) {
  std::map<int, std::string> frames;
  for (const auto& each : json_at(end, {"frames"}))
    frames[json_integer<int>(json_at(each, {"rank"})).value_or(0)] = json_string(each, {"at"});
  return frames;
}

/// The same.
std::vector<StoryRank> ranks_of(const Json& end) {
  std::vector<StoryRank> ranks;
  for (const auto& each : json_at(end, {"ranks"})) ranks.push_back(rank_of(each));
  const auto frames = frames_of(end);
  for (auto& rank : ranks) {
    if (const auto found = frames.find(rank.rank); found != frames.end()) rank.at = found->second;
  }
  std::sort(ranks.begin(), ranks.end(), [](const auto& a, const auto& b) { return a.rank < b.rank; });
  return ranks;
}

StoryAttempt attempt_of(const Json& json) {
  return {.time = json_number(json_at(json, {"time"})).value_or(0),
          .seconds = json_number(json_at(json, {"end", "seconds"})),
          .code = json_integer<int>(json_at(json, {"end", "code"})),
          .cause = json_string(json, {"end", "cause", "sentence"}),
          .ranks = ranks_of(json_at(json, {"end"})),
          .cause_rank = json_integer<int>(json_at(json, {"end", "cause", "rank"}))};
}

std::string environment_of(const Json& json) {
  const auto key = json_string(json, {"mounted", "key"});
  if (key.empty()) return {};
  const auto reason = json_string(json, {"mounted", "reason"});
  return reason.empty() ? key : fmt::format("{} ({})", key, reason);
}

}  // namespace

Result<RunStory> read_run_story(std::string_view text) {
  RunStory story;
  TRY_ASSIGN(story.summary, read_run_record(text));
  const auto json = parse_json<Json>(text);
  story.ended = json_string(json, {"end", "time"});
  story.engine = json_string(json, {"engine"});
  story.backend = json_string(json, {"backend"});
  story.image = json_string(json, {"image", "id"});
  story.environment = environment_of(json);
  story.lock = json_string(json, {"lock"});
  if (json_true(json_at(json, {"preflight", "works"})))
    story.preflight = json_string(json, {"preflight", "message"});
  story.verified = json_string(json, {"verified", "time"});
  story.command = json_strings(json_at(json, {"command"}));
  for (auto& argument : json_strings(json_at(json, {"arguments"})))
    story.command.push_back(std::move(argument));
  for (const auto& each : json_at(json, {"env"})) {
    story.variables.push_back({json_string(each, {"name"}), json_string(each, {"value"}),
                               json_string(each, {"reason"}), json_at(each, {"value"}).is_null()});
  }
  for (const auto& each : json_at(json, {"nodes"})) story.nodes.push_back(node_of(each));
  for (const auto& each : json_at(json, {"attempts"})) story.attempts.push_back(attempt_of(each));
  story.ranks = ranks_of(json_at(json, {"end"}));
  story.frames = frames_of(json_at(json, {"end"}));
  for (const auto& each : json_at(json, {"end", "killed"}))
    story.killed.push_back(json_integer<int>(each).value_or(0));
  story.cause_rank = json_integer<int>(json_at(json, {"end", "cause", "rank"}));
  return story;
}

}  // namespace launch::train
