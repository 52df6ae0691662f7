#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/reports/html.hpp"
#include "cli/reports/run_story.hpp"

namespace launch::cli {
namespace {

constexpr std::string_view kStyle = R"(
.well rect { fill: #dcf3dc; stroke: #2f8f3a } .stopped rect { fill: #e4ecfb; stroke: #5b7fc7 }
.failed rect { fill: #fbe6e4; stroke: #c4483c } .cause rect { fill: #c4483c; stroke: #7d2018 }
)";

constexpr std::string_view kKey =
    "<p class=\"key\"><span style=\"background:#dcf3dc\">ended well</span><span "
    "style=\"background:#e4ecfb\">was asked to end</span><span style=\"background:#fbe6e4\">failed</span>"
    "<span style=\"background:#c4483c;color:#fff\">the cause</span></p>\n";

/// The ranks of an attempt.
struct Timeline {
  const std::vector<train::StoryRank>& ranks;
  std::optional<int> cause_rank;
  double start = 0;  ///< seconds since 1970
};

std::string_view class_of(const train::StoryRank& rank, std::optional<int> cause_rank) {
  if (rank.rank == cause_rank) return "cause";
  if (rank.killed || (!rank.kind.empty() && rank.kind != "stopped")) return "failed";
  return rank.asked_to_end ? "stopped" : "well";
}

/// A bar for each rank, from its start to its end.
std::string timeline(const Timeline& shown) {
  constexpr double kLeft = 90;
  constexpr double kWidth = 900;
  constexpr double kRow = 22;
  const auto start = shown.start;
  double end = start;
  for (const auto& rank : shown.ranks) end = std::max(end, rank.ended);
  if (end <= start) return {};
  const double scale = kWidth / (end - start);
  auto out = fmt::format(
      "<svg width=\"{:.0f}\" height=\"{:.0f}\" role=\"img\" aria-label=\"timeline of the ranks\">\n",
      kLeft + kWidth + 10, kRow * static_cast<double>(shown.ranks.size() + 1));
  double y = 0;
  for (const auto& rank : shown.ranks) {
    const double from = std::max(0.0, rank.started.value_or(start) - start) * scale;
    const double to = std::max(from + 2, (rank.ended - start) * scale);
    out += fmt::format(
        "<g class=\"{}\"><title>{}</title><text x=\"0\" y=\"{:.0f}\">{}.{}</text>"
        "<rect x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"16\" rx=\"2\"/></g>\n",
        class_of(rank, shown.cause_rank), html_text(rank_end_text(rank)), y + 14, rank.node, rank.rank,
        kLeft + from, y + 2, to - from);
    y += kRow;
  }
  out += fmt::format("<text class=\"small\" x=\"{:.0f}\" y=\"{:.0f}\">0 s</text>", kLeft, y + 14);
  out +=
      fmt::format("<text class=\"small\" text-anchor=\"end\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n</svg>\n",
                  kLeft + kWidth, y + 14, html_text(human_seconds(end - start)));
  return out;
}

std::string picture(const Timeline& shown) {
  if (shown.ranks.empty()) return {};
  return fmt::format("<div class=\"picture\">\n{}</div>\n", timeline(shown));
}

/// The attempts before the last, each with its ranks.
std::string attempts(const train::RunStory& story) {
  std::string out;
  for (std::size_t i = 0; i < story.attempts.size(); ++i) {
    const auto& attempt = story.attempts[i];
    out += fmt::format("<p>Attempt {}: {}</p>\n{}", i + 1, html_text(attempt_text(attempt)),
                       picture({attempt.ranks, attempt.cause_rank, attempt.time}));
  }
  if (!out.empty()) out += fmt::format("<p>Attempt {}:</p>\n", story.attempts.size() + 1);
  return out;
}

/// When the last attempt began: after the ends of the others.
double start_of_last(const train::RunStory& story) {
  if (story.attempts.empty()) return story.summary.time;
  const auto& before = story.attempts.back();
  return before.time + before.seconds.value_or(0);
}

}  // namespace

std::string run_story_html(const commands::RunStoryDocument& document) {
  const auto& story = document.story;
  auto out = fmt::format("<h1>{}</h1>\n<p>{}. {} to {}.</p>\n", html_text(story.summary.run),
                         html_text(run_end_text(document)), html_text(story.summary.started),
                         html_text(story.ended.empty() ? "now" : story.ended));
  if (!story.summary.cause.empty())
    out += fmt::format("<p class=\"warning\">{}</p>\n", html_text(story.summary.cause));
  if (!story.killed.empty())
    out += fmt::format("<p class=\"warning\">killed: {}</p>\n", html_text(killed_text(story)));
  out += attempts(story);
  if (!story.ranks.empty())
    out += picture({story.ranks, story.cause_rank, start_of_last(story)}) + std::string(kKey);
  out += html_table("Run", {{"recipe", html_text(story.summary.recipe)},
                            {"engine", html_text(fmt::format("{} with {}", story.engine, story.backend))},
                            {"files", html_code(run_files_text(story))},
                            {"lock", html_code(story.lock) + ", " + html_text(run_verified_text(story))},
                            {"command", html_code(join(story.command, " "))}});
  HtmlRows ranks;
  for (const auto& rank : story.ranks)
    ranks.push_back({fmt::format("{}.{}", rank.node, rank.rank), html_text(rank_end_text(rank))});
  out += html_table("Ranks", ranks);
  HtmlRows variables;
  for (const auto& variable : story.variables)
    variables.push_back({html_code(variable.shown()), html_text(variable.reason)});
  out += html_table("Environment", variables);
  return html_page(story.summary.run, kStyle, out);
}

}  // namespace launch::cli
