#include "train/failure.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
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

/// Messages of torch, gloo and NCCL about a peer that is gone or late.
bool is_communication(std::string_view text) {
  static constexpr std::array<std::string_view, 6> words{
      "DistBackendError", "DistNetworkError", "DistStoreError", "gloo/transport", "NCCL", "TCPStore"};
  return std::any_of(words.begin(), words.end(), [&](auto word) { return has(text, word); });
}

bool is_timeout(std::string_view text) {
  static constexpr std::array<std::string_view, 4> words{"timeout", "Timeout", "timed out", "Timed out"};
  return std::any_of(words.begin(), words.end(), [&](auto word) { return has(text, word); });
}

CauseKind kind_of_words(std::string_view words, CauseKind otherwise) {
  if (!is_communication(words)) return otherwise;
  return is_timeout(words) ? CauseKind::timeout : CauseKind::connection;
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

std::string watchdog_in(std::span<const std::string> lines) {
  for (const auto& line : lines) {
    if (has(line, "Watchdog caught collective operation timeout"))
      return std::string(trim(without_rank(line)));
  }
  return {};
}

/// Explains python's message about a missing script in terms of the recipe.
bool explain_missing_script(Cause& cause) {
  constexpr std::string_view mark = "can't open file '";
  for (const auto& line : cause.last_lines) {
    const auto at = line.find(mark);
    if (at == std::string::npos || !has(line, "No such file or directory")) continue;
    const auto path = line.substr(at + mark.size(), line.find('\'', at + mark.size()) - at - mark.size());
    cause.message = fmt::format("the script {} is not in the image", path);
    cause.hint =
        "add it with [image] copy in the recipe; [train] command is relative to the image's working folder";
    return true;
  }
  return false;
}

void explain_signal(Cause& cause, const RankEnd& end) {
  cause.code = 128 + end.event.signal;
  cause.kind = CauseKind::signal;
  cause.message = signal_name(end.event.signal);
  if (end.event.signal == SIGABRT) {
    if (auto words = watchdog_in(end.last_lines); !words.empty()) {
      cause.kind = CauseKind::timeout;
      cause.message = std::move(words);
    }
  }
  if (end.event.signal == SIGKILL) {
    cause.hint = "SIGKILL usually means out of memory: check dmesg or reduce memory use";
  }
}

void explain_node(Cause& cause, const NodeEnd& end) {
  cause.kind = CauseKind::launcher;
  cause.code = end.code;
  cause.message = exception_in(end.last_lines);
  for (const auto& line : end.last_lines) {
    if (const auto port = port_in_use(line)) {
      cause.message =
          *port == 0 ? std::string("the port is in use") : fmt::format("port {} is in use", *port);
      cause.hint = "use another port: --port";
      return;
    }
  }
  if (cause.message.empty() && end.code > 128) {
    cause.kind = CauseKind::signal;
    cause.message = signal_name(end.code - 128);
    return;
  }
  if (cause.message.empty() && !end.last_lines.empty())
    cause.message = std::string(trim(end.last_lines.back()));
  if (cause.message.empty()) cause.message = fmt::format("it exited with code {} and no message", end.code);
  cause.kind = kind_of_words(cause.message, CauseKind::launcher);
}

Cause cause_of(const NodeEnd& end) {
  Cause cause;
  cause.node = end.node;
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
    case CauseKind::exit:
      return 0;
    case CauseKind::launcher:
      return 1;
    case CauseKind::timeout:
      return 2;
    case CauseKind::connection:
      return 3;
    case CauseKind::stopped:
      return 4;
  }
  return 4;
}

}  // namespace

std::string_view kind_name(CauseKind kind) {
  switch (kind) {
    case CauseKind::exception:
      return "exception";
    case CauseKind::signal:
      return "signal";
    case CauseKind::exit:
      return "exit";
    case CauseKind::launcher:
      return "launcher";
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
    case CauseKind::exit:
      return message.empty() ? fmt::format("{} exited with code {}", who, code)
                             : fmt::format("{} exited with code {}: {}", who, code, message);
    case CauseKind::launcher:
      return fmt::format("{} failed: {}", who, message);
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

Cause cause_of(const RankEnd& end) {
  Cause cause;
  cause.node = end.node;
  cause.rank = end.rank;
  cause.code = end.event.code;
  cause.time = end.event.failed.value_or(end.event.time);
  cause.last_lines = end.last_lines;
  cause.message = exception_in(end.last_lines);
  if (cause.message.empty()) cause.message = end.event.message.value_or("");
  // An interrupted rank raises too, but only because of the interruption.
  const bool raised =
      !cause.message.empty() && !(end.event.asked_to_end && cause.message.starts_with("KeyboardInterrupt"));
  if (raised && (end.event.signal == 0 || end.event.asked_to_end)) {
    if (end.event.signal != 0) cause.code = 1;
    cause.kind = kind_of_words(cause.message, CauseKind::exception);
  } else if (end.event.asked_to_end) {
    cause.code = end.event.signal != 0 ? 128 + end.event.signal : end.event.code;
    cause.kind = CauseKind::stopped;
  } else if (end.event.signal != 0) {
    explain_signal(cause, end);
  } else {
    explain_missing_script(cause);
  }
  return cause;
}

std::optional<Cause> find_cause(std::span<const RankEnd> ranks, std::span<const NodeEnd> nodes) {
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
  return *std::min_element(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return std::tuple(precedence(a.kind), a.time) < std::tuple(precedence(b.kind), b.time);
  });
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
