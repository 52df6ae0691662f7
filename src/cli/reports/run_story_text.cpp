#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/run_story.hpp"
#include "cli/table.hpp"
#include "train/failure.hpp"

namespace launch::cli {
namespace {

/// Rows that fit on a screen; the others are the uneventful ones.
constexpr std::size_t kShownRanks = 24;

/// Lower is told first.
int weight_of(const train::StoryRank& rank, const train::RunStory& story) {
  if (rank.rank == story.cause_rank) return 0;
  if (!rank.kind.empty() && rank.kind != "stopped") return 1;
  if (rank.killed) return 2;
  return rank.kind.empty() ? 4 : 3;
}

std::string moment_of(std::optional<double> time, double start) {
  return time && start > 0 ? fmt::format("+{:.1f} s", std::max(0.0, *time - start)) : "-";
}

std::string ranks_text(const train::RunStory& story) {
  auto ranks = story.ranks;
  std::stable_sort(ranks.begin(), ranks.end(),
                   [&](const auto& a, const auto& b) { return weight_of(a, story) < weight_of(b, story); });
  std::vector<std::vector<std::string>> rows{{"RANK", "STARTED", "ENDED", "HOW"}};
  for (const auto& rank : ranks) {
    if (rows.size() > kShownRanks) break;
    rows.push_back({fmt::format("{}.{}", rank.node, rank.rank), moment_of(rank.started, story.summary.time),
                    moment_of(rank.ended, story.summary.time), rank_end_text(rank)});
  }
  auto text = table_of(rows);
  if (ranks.size() > kShownRanks)
    text += fmt::format("\n… and {} more", count_of(ranks.size() - kShownRanks, "rank"));
  return text;
}

std::string variables_text(const train::RunStory& story) {
  std::vector<std::vector<std::string>> rows{{"VARIABLE", "REASON"}};
  for (const auto& variable : story.variables) rows.push_back({variable.shown(), variable.reason});
  return table_of(rows);
}

std::string how_it_ended(const train::StoryRank& rank) {
  if (rank.killed) return "killed: it did not end within its grace period";
  if (!rank.message.empty()) return fmt::format("{}: {}", rank.kind, rank.message);
  auto text = rank.signal != 0 ? "killed by " + train::signal_name(rank.signal)
                               : fmt::format("ended with code {}", rank.code);
  if (rank.asked_to_end) text += ", after it was asked to end";
  return text;
}

}  // namespace

std::string run_end_text(const commands::RunStoryDocument& document) {
  const auto& summary = document.story.summary;
  auto text = std::string(train::state_name(document.run.state));
  if (summary.code) text += fmt::format(" with code {}", *summary.code);
  if (summary.seconds) text += " after " + human_seconds(*summary.seconds);
  return text;
}

std::string rank_end_text(const train::StoryRank& rank) {
  const auto how = how_it_ended(rank);
  return rank.at.empty() ? how : fmt::format("{}; it was at {}", how, rank.at);
}

std::string attempt_text(const train::StoryAttempt& attempt) {
  auto text = std::string("failed");
  if (attempt.code) text += fmt::format(" with code {}", *attempt.code);
  if (attempt.seconds) text += " after " + human_seconds(*attempt.seconds);
  return attempt.cause.empty() ? text : text + ": " + attempt.cause;
}

std::string killed_text(const train::RunStory& story) {
  std::vector<std::string> ranks;
  for (const int rank : story.killed) {
    const auto frame = story.frames.find(rank);
    ranks.push_back(frame == story.frames.end() ? fmt::format("rank {}", rank)
                                                : fmt::format("rank {} (at {})", rank, frame->second));
  }
  return join_words(ranks);
}

std::string run_files_text(const train::RunStory& story) {
  return story.environment.empty() ? "image ID " + story.image : "mounted environment " + story.environment;
}

std::string run_verified_text(const train::RunStory& story) {
  return story.verified.empty() ? "not verified" : "verified " + story.verified;
}

std::string run_story_text(const commands::RunStoryDocument& document) {
  const auto& story = document.story;
  const auto& summary = story.summary;
  std::vector<std::string> lines;
  const auto line = [&](std::string_view what, std::string_view text) {
    lines.push_back(fmt::format("{:<9} {}", what, printable(text)));
  };
  line("run", fmt::format("{}, of the recipe {}", summary.run, summary.recipe));
  line("state", run_end_text(document));
  line("time", story.ended.empty() ? summary.started : fmt::format("{} to {}", summary.started, story.ended));
  for (std::size_t i = 0; i < story.attempts.size(); ++i)
    line(fmt::format("attempt {}", i + 1), attempt_text(story.attempts[i]));
  if (!summary.cause.empty()) line("cause", summary.cause);
  if (!story.killed.empty()) line("killed", killed_text(story));
  line("nodes", fmt::format("{} of {}, {} with {}", count_of(story.nodes.size(), "node"),
                            count_of(static_cast<std::size_t>(summary.ranks_per_node), "rank"), story.engine,
                            story.backend));
  for (const auto& node : story.nodes) {
    if (!node.gpus.empty()) line("", fmt::format("node {}: GPUs {}", node.node, node.gpus));
  }
  line("files", run_files_text(story));
  line("lock", fmt::format("{}, {}", story.lock, run_verified_text(story)));
  if (!story.preflight.empty()) line("preflight", story.preflight);
  line("command", join(story.command, " "));
  line("logs", document.run.folder.logs().string());
  auto text = join(lines, "\n");
  if (!story.ranks.empty()) text += "\n\n" + ranks_text(story);
  if (!story.variables.empty()) text += "\n\n" + variables_text(story);
  return text;
}

}  // namespace launch::cli
