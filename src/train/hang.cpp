#include "train/hang.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

/// Up to the next thread's.
std::vector<std::string> main_thread(const std::vector<std::string>& stacks) {
  std::vector<std::string> lines;
  for (const auto& line : stacks) {
    const bool head = line.starts_with("Thread 0x") || line.starts_with("Current thread 0x");
    if (head && !lines.empty()) break;
    lines.push_back(line);
  }
  return lines;
}

/// Of a communicator of all ranks, whose ranks are those of the run.
const RasMismatch* of_all(const Look& look, int world_size) {
  for (const auto& [node, mismatches] : look.ras) {
    for (const auto& mismatch : mismatches) {
      if (mismatch.size() == world_size && !mismatch.groups.front().ranks.empty()) return &mismatch;
    }
  }
  return nullptr;
}

std::string counts_text(const RasMismatch& mismatch) {
  return fmt::format("it has launched {}, others {}",
                     count_of(mismatch.groups.front().count, mismatch.operation + " operation"),
                     mismatch.groups.back().count);
}

struct Behind {
  std::optional<Look::Key> rank;
  std::string why;
};

Behind find_behind(const Silence& silence) {
  const auto& stacks = silence.look.stacks;
  if (const auto* mismatch = of_all(silence.look, silence.world_size)) {
    const int rank = mismatch->groups.front().ranks.front();
    const auto found = std::find_if(stacks.begin(), stacks.end(),
                                    [&](const auto& each) { return each.first.second == rank; });
    if (found != stacks.end()) return {found->first, counts_text(*mismatch)};
  }
  std::size_t waiting = 0;
  std::optional<Look::Key> behind;
  std::optional<Look::Key> mute;  // without an answer
  for (const auto& [key, lines] : stacks) {
    auto& found = lines.empty() ? mute : behind;
    if (waits(lines)) {
      ++waiting;
    } else if (!found) {
      found = key;
    }
  }
  // Ranks that all work may be in the middle of a long step, and none is behind.
  if (waiting == 0) return {behind && stacks.size() == 1 ? behind : std::nullopt, ""};
  return {behind ? behind : mute,
          count_of(waiting, "rank") + (waiting == 1 ? " waits" : " wait") + " for others"};
}

}  // namespace

bool moved(const Look& first, const Look& second) {
  for (const auto& [node, mismatches] : second.ras) {
    const auto before = first.ras.find(node);
    if (before != first.ras.end() && before->second != mismatches) return true;
  }
  return std::any_of(second.stacks.begin(), second.stacks.end(), [&](const auto& rank) {
    const auto before = first.stacks.find(rank.first);
    return before != first.stacks.end() && !before->second.empty() && !rank.second.empty() &&
           main_thread(before->second) != main_thread(rank.second);
  });
}

bool is_waited_for(const Silence& silence) {
  const auto& [stacks, ras] = silence.look;
  return silence.left ||
         std::any_of(stacks.begin(), stacks.end(), [](const auto& rank) { return waits(rank.second); }) ||
         std::any_of(ras.begin(), ras.end(), [](const auto& node) { return !node.second.empty(); });
}

Cause hang_cause(const Silence& silence) {
  const auto silent = std::chrono::duration<double>(silence.silent).count();
  const auto said = fmt::format("no rank has printed a line for {}", human_seconds(silent));
  Cause cause;
  cause.kind = CauseKind::hang;
  cause.hint = "read the stacks of all ranks in their logs";
  if (silence.left) {
    cause.node = silence.left->node;
    cause.rank = silence.left->rank;
    cause.kind = CauseKind::left;
    cause.message = said;
    cause.last_lines = silence.left->last_lines;
    return cause;
  }
  const auto [rank, why] = find_behind(silence);
  if (!rank) {
    cause.message = said + (why.empty() ? ", and none has moved" : ", and all wait for others");
    if (!silence.look.stacks.empty()) cause.node = silence.look.stacks.begin()->first.first;
    return cause;
  }
  const auto& stacks = silence.look.stacks.at(*rank);
  const auto frame = frame_text(stacks);
  cause.node = rank->first;
  cause.last_lines = stacks;
  if (why.empty()) {  // nobody waits for it
    cause.message = fmt::format("{}: rank {} on node {} is at {}", said, rank->second, rank->first, frame);
    return cause;
  }
  cause.rank = rank->second;
  if (stacks.empty()) cause.hint = no_answer_hint(cause.node);
  cause.message =
      fmt::format("{}, {}; it {}", said, why, frame.empty() ? "does not answer" : "is at " + frame);
  return cause;
}

}  // namespace launch::train
