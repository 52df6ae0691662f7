#include "train/failure.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

#include "base/colour.hpp"
#include "base/text.hpp"
#include "train/blame.hpp"
#include "train/rendezvous.hpp"

namespace launch::train {
namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last)";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// torch puts "[rank3]: " before the lines of an exception.
std::string_view without_rank(std::string_view line) {
  if (!line.starts_with("[rank")) return line;
  const auto end = line.find("]:");
  if (end == std::string_view::npos) return line;
  line.remove_prefix(end + 2);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

void explain_node(Cause& cause, const NodeEnd& end) {
  cause.kind = CauseKind::launcher;
  cause.code = end.code;
  cause.repeats = end.code == 2;  // wrong arguments
  cause.message = without_colours(exception_in(end.last_lines));
  for (const auto& line : end.last_lines) {
    if (const auto port = port_in_use(line)) {
      cause.message =
          *port == 0 ? std::string("the port is in use") : fmt::format("port {} is in use", *port);
      cause.hint = "use another port: --port";
      cause.repeats = true;
      return;
    }
  }
  if (cause.message.empty() && end.code > 128) {
    cause.kind = CauseKind::signal;
    cause.message = signal_name(end.code - 128);
    if (end.code == 128 + SIGKILL) cause.hint = kAfterSigkill;
    return;
  }
  if (cause.message.empty() && !end.last_lines.empty())
    cause.message = without_colours(trim(end.last_lines.back()));
  if (cause.message.empty()) cause.message = fmt::format("it exited with code {} and no message", end.code);
  const auto colon = cause.message.find(": ");
  Raised raised{cause.message.substr(0, colon), {cause.message.substr(0, colon)}, cause.message};
  cause.kind = kind_of_blame(blame_of(raised), CauseKind::launcher);
}

Cause cause_of(const NodeEnd& end) {
  Cause cause;
  cause.node = end.node;
  cause.time = end.time;
  cause.last_lines = end.last_lines;
  if (end.asked_to_end) {
    cause.kind = CauseKind::stopped;
    cause.code = end.code;
    return cause;
  }
  if (const auto failure = read_torchrun_failure(end.last_lines)) {
    RankEnd rank;
    rank.rank = failure->rank;
    rank.node = end.node;
    rank.event.signal = std::max(-failure->code, 0);
    rank.event.code = std::max(failure->code, 0);
    return cause_of(rank);
  }
  explain_node(cause, end);
  return cause;
}

/// Lower values take precedence.
int precedence(CauseKind kind) {
  switch (kind) {
    case CauseKind::exception:
    case CauseKind::signal:
    case CauseKind::oom:
    case CauseKind::exit:
      return 0;
    case CauseKind::launcher:
    case CauseKind::rendezvous:
      return 1;
    case CauseKind::left:
    case CauseKind::hang:
    case CauseKind::closed:
      return 2;
    case CauseKind::timeout:
      return 3;
    case CauseKind::connection:
      return 4;
    case CauseKind::stopped:
      return 5;
  }
  return 5;
}

/// Seconds from a leaving rank's last sign to its peers, when its sockets close, to its end: torch's
/// libraries are unloaded meanwhile.
constexpr double kLeaving = 2;

/// A rank that left with code 0 before the first victim failed.
std::optional<Cause> find_left(std::span<const RankEnd> ranks, const Cause& victim) {
  const RankEnd* first = nullptr;
  for (const auto& end : ranks) {
    if (end.failed() || end.event.asked_to_end || end.event.time > victim.time + kLeaving) continue;
    if (first == nullptr || end.event.time < first->event.time) first = &end;
  }
  if (first == nullptr) return std::nullopt;
  Cause cause;
  cause.node = first->node;
  cause.rank = first->rank;
  cause.kind = CauseKind::left;
  cause.code = victim.code;
  cause.time = first->event.time;
  cause.message = victim.sentence();
  cause.hint = "every rank must take part in every collective: check that all do the same number of steps";
  cause.last_lines = first->last_lines;
  return cause;
}

/// Signals of a crash, which nobody sends to end a rank.
constexpr std::array<int, 5> kCrashes{SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

/// The rank that crashed first, though it was asked to end before its death: where the others only lost a
/// peer, it is the one, since a process closes its sockets seconds before it has written its core.
std::optional<Cause> find_crashed(std::span<const RankEnd> ranks) {
  std::optional<Cause> first;
  for (const auto& end : ranks) {
    const bool crashed = std::find(kCrashes.begin(), kCrashes.end(), end.event.signal) != kCrashes.end();
    if (!crashed || !end.event.asked_to_end) continue;
    auto unasked = end;
    unasked.event.asked_to_end = false;
    auto cause = cause_of(unasked);
    if (!is_victim(cause.kind) && (!first || cause.time < first->time)) first = std::move(cause);
  }
  return first;
}

/// Functions of torch.distributed in which a rank leaves the others.
constexpr std::array<std::string_view, 2> kLeaves{" in destroy_process_group", " in _shutdown_backend"};

/// The rank that others waited for until they timed out: of those that run on, the only one, or the first
/// that does not wait itself, or where others told that they do, the first that did not answer.
std::optional<Cause> find_late(std::span<const UnfinishedRank> unfinished, const Cause& victim) {
  const auto first = [&](auto is_it) {
    const auto found = std::find_if(unfinished.begin(), unfinished.end(), is_it);
    return found == unfinished.end() ? nullptr : &*found;
  };
  const auto waiting = [](const auto& rank) { return waits(rank.stacks); };
  const UnfinishedRank* late = unfinished.size() == 1 ? unfinished.data() : nullptr;
  if (late == nullptr) late = first([&](const auto& rank) { return !rank.stacks.empty() && !waiting(rank); });
  if (late == nullptr && first(waiting) != nullptr)
    late = first([](const auto& rank) { return rank.stacks.empty(); });
  if (late == nullptr) return std::nullopt;
  Cause cause;
  cause.node = late->node;
  cause.rank = late->rank;
  cause.kind = CauseKind::hang;
  cause.code = victim.code;
  cause.time = victim.time;
  cause.message = victim.sentence();
  cause.last_lines = late->stacks.empty() ? late->last_lines : late->stacks;
  if (late->stacks.empty()) cause.hint = no_answer_hint(late->node);
  return cause;
}

/// What a rank that ran on had raised: before it was asked to end, or at its end.
std::optional<Cause> raised_by(const UnfinishedRank& rank, std::span<const RankEnd> ranks) {
  auto exception = rank.handling;
  for (const auto& end : ranks) {
    const auto& last = end.event.exception;
    if (!exception && end.node == rank.node && end.rank == rank.rank && last && last->uncaught)
      exception = last;
  }
  if (!exception || exception->raised.type == "KeyboardInterrupt") return std::nullopt;
  exception->uncaught = true;
  return cause_of(
      RankEnd{rank.node, rank.rank, {.code = 1, .time = exception->time, .exception = exception}});
}

/// The rank that is the cause where others only lost a peer, as it ran on and did not wait: it cleaned up
/// after an exception, or it is the only one.
std::optional<Cause> find_closed(std::span<const RankEnd> ranks, std::span<const UnfinishedRank> unfinished,
                                 const Cause& victim) {
  std::vector<const UnfinishedRank*> busy;
  for (const auto& rank : unfinished) {
    if (rank.stacks.empty() || waits(rank.stacks)) continue;
    auto raised = raised_by(rank, ranks);
    if (!raised) busy.push_back(&rank);
    if (raised && !is_victim(raised->kind)) return raised;
  }
  if (busy.size() != 1) return std::nullopt;
  Cause cause;
  cause.node = busy.front()->node;
  cause.rank = busy.front()->rank;
  cause.kind = CauseKind::closed;
  cause.code = victim.code;
  cause.time = victim.time;
  cause.message = fmt::format("it was at {}; {}", frame_text(busy.front()->stacks), victim.sentence());
  cause.last_lines = busy.front()->stacks;
  return cause;
}

}  // namespace

std::string no_answer_hint(int node) {
  return fmt::format(
      "check node {}: a rank that does not answer is stopped, in another program, or in the kernel, as with "
      "a "
      "dead file system",
      node);
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

CauseKind kind_of_blame(Blame blame, CauseKind own) {
  switch (blame) {
    case Blame::timeout:
      return CauseKind::timeout;
    case Blame::lost:
      return CauseKind::connection;
    case Blame::own:
      break;
  }
  return own;
}

std::string_view kind_name(CauseKind kind) {
  switch (kind) {
    case CauseKind::exception:
      return "exception";
    case CauseKind::signal:
      return "signal";
    case CauseKind::oom:
      return "oom";
    case CauseKind::exit:
      return "exit";
    case CauseKind::launcher:
      return "launcher";
    case CauseKind::rendezvous:
      return "rendezvous";
    case CauseKind::left:
      return "left";
    case CauseKind::hang:
      return "hang";
    case CauseKind::closed:
      return "closed";
    case CauseKind::timeout:
      return "timeout";
    case CauseKind::connection:
      return "connection";
    case CauseKind::stopped:
      return "stopped";
  }
  return "";
}

std::string Cause::sentence() const {
  auto who = rank ? fmt::format("rank {} on node {}", *rank, node) : fmt::format("torchrun on node {}", node);
  switch (kind) {
    case CauseKind::exception:
      return fmt::format("{} raised {}", who, message);
    case CauseKind::signal:
      return fmt::format("{} was killed by {}", who, message);
    case CauseKind::oom:
      return fmt::format("{} was killed by the kernel's OOM killer: {}", who, message);
    case CauseKind::exit:
      return message.empty() ? fmt::format("{} exited with code {}", who, code)
                             : fmt::format("{} exited with code {}: {}", who, code, message);
    case CauseKind::launcher:
      return fmt::format("{} failed: {}", who, message);
    case CauseKind::rendezvous:
      return message;
    case CauseKind::left:
      return fmt::format("{} ended with code 0 while the others were still running", who);
    case CauseKind::hang:
      return rank ? fmt::format("{} did not join a collective: {}", who, message) : message;
    case CauseKind::closed:
      return fmt::format("{} seems to have closed its connections: {}", who, message);
    case CauseKind::timeout:
      return fmt::format("{} timed out waiting for other ranks: {}", who, message);
    case CauseKind::connection:
      return fmt::format("{} lost its connection to another rank: {}", who, message);
    case CauseKind::stopped:
      return fmt::format("{} was stopped", who);
  }
  return who;
}

std::string exception_in(std::span<const std::string> lines) {
  const auto last =
      std::find_if(lines.rbegin(), lines.rend(), [](const auto& line) { return has(line, kTraceback); });
  if (last == lines.rend()) return {};
  for (auto line = last.base(); line != lines.end(); ++line) {
    const auto text = without_rank(*line);
    if (!text.empty() && text.front() != ' ') return std::string(trim(text));
  }
  return {};
}

bool waits(std::span<const std::string> stacks) {
  // Outer frames say nothing: forward of FSDP may call what hangs.
  for (const auto& line :
       stacks.subspan(std::min<std::size_t>(1, stacks.size()))) {  // after the thread's name
    const auto file = line.find("File \"");
    if (file == std::string::npos) return false;  // the next thread
    constexpr std::string_view kDistributed = "/torch/distributed/";
    const auto at = line.find(kDistributed, file);
    if (at == std::string::npos && has(line, "/torch/")) continue;  // passes the call on: torch/_ops.py
    if (at == std::string::npos) return false;
    const auto rest = std::string_view(line).substr(at + kDistributed.size());
    return !rest.starts_with("checkpoint/") && !rest.starts_with("optim/") &&
           std::none_of(kLeaves.begin(), kLeaves.end(), [&](auto leave) { return rest.ends_with(leave); });
  }
  return false;
}

std::string frame_text(std::span<const std::string> stacks) {
  constexpr std::string_view kFile = "  File \"";
  constexpr std::string_view kLine = "\", line ";
  for (const auto& line : stacks) {  // `  File "/workspace/train.py", line 31 in load`
    if (!line.starts_with(kFile)) continue;
    auto text = std::string_view(line).substr(kFile.size());
    const auto quote = text.find(kLine);
    if (quote == std::string_view::npos) return {};
    const auto file = text.substr(0, quote);
    return fmt::format("{}:{}", file.substr(file.rfind('/') + 1), text.substr(quote + kLine.size()));
  }
  return {};
}

bool is_victim(CauseKind kind) {
  return precedence(kind) >= precedence(CauseKind::launcher);
}

std::optional<Cause> find_cause(std::span<const RankEnd> ranks, std::span<const NodeEnd> nodes,
                                std::span<const UnfinishedRank> unfinished) {
  std::vector<Cause> causes;
  for (const auto& end : ranks) {
    if (end.failed()) causes.push_back(cause_of(end));
  }
  for (const auto& end : nodes) {
    const bool by_rank = std::any_of(ranks.begin(), ranks.end(), [&](const RankEnd& rank) {
      return rank.node == end.node && rank.failed();
    });
    if (end.code != 0 && !by_rank) causes.push_back(cause_of(end));
  }
  if (causes.empty()) return std::nullopt;
  auto first = *std::min_element(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return std::tuple(precedence(a.kind), a.time) < std::tuple(precedence(b.kind), b.time);
  });
  if (first.kind != CauseKind::timeout && first.kind != CauseKind::connection) return first;
  if (auto left = find_left(ranks, first)) return left;
  if (first.kind == CauseKind::connection) {
    if (auto crashed = find_crashed(ranks)) return crashed;
    return find_closed(ranks, unfinished, first).value_or(first);
  }
  return find_late(unfinished, first).value_or(first);
}

std::optional<TorchrunFailure> read_torchrun_failure(std::span<const std::string> lines) {
  constexpr std::string_view rank_mark = "  rank      : ";
  constexpr std::string_view code_mark = "  exitcode  : ";
  const auto root =
      std::find_if(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("Root Cause"); });
  TorchrunFailure failure;
  bool rank = false;
  for (auto line = root; line != lines.end(); ++line) {
    if (line->starts_with(rank_mark)) {
      failure.rank = std::atoi(line->c_str() + rank_mark.size());
      rank = true;
    }
    if (line->starts_with(code_mark) && rank) {
      failure.code = std::atoi(line->c_str() + code_mark.size());
      return failure;
    }
  }
  return std::nullopt;
}

}  // namespace launch::train
