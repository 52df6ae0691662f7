#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "base/colour.hpp"
#include "base/text.hpp"
#include "train/blame.hpp"
#include "train/failure.hpp"

namespace launch::train {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What follows `mark` in the first line that has it; empty if none has.
std::string after_mark(std::span<const std::string> lines, std::string_view mark) {
  for (const auto& line : lines) {
    if (const auto at = line.find(mark); at != std::string::npos)
      return std::string(trim(std::string_view(line).substr(at + mark.size())));
  }
  return {};
}

/// Explains python's message about a missing script in terms of the recipe.
bool explain_missing_script(Cause& cause, const RankEvent& event) {
  const auto rest = after_mark(event.words, "can't open file '");
  if (!has(rest, "No such file or directory")) return false;
  cause.message = fmt::format("the script {} is not in the image", rest.substr(0, rest.find('\'')));
  cause.repeats = true;
  cause.hint =
      "add it with [image] copy in the recipe; [train] command is relative to the image's working folder";
  return true;
}

void explain_out_of_memory(Cause& cause, const RankEvent& event) {
  cause.kind = CauseKind::oom;
  cause.message = event.memory_limit
                      ? fmt::format("the container's limit is {}", human_bytes(*event.memory_limit))
                      : "the container has no limit, so the machine ran out of memory";
  cause.hint = "reduce memory use (batch size, DataLoader workers), or raise the memory limit";
}

/// Without the quotes of C++'s terminate.
std::string bare(std::string_view type) {
  if (type.size() > 1 && type.front() == '\'' && type.back() == '\'') type = type.substr(1, type.size() - 2);
  return std::string(type);
}

/// What C++, CUDA or the interpreter said before it aborted; empty if nothing.
std::string abort_words(const RankEvent& event) {
  auto thread = after_mark(event.words, "watchdog thread terminated with exception: ");
  if (!thread.empty()) return thread;
  const auto type = after_mark(event.words, "throwing an instance of ");
  const auto what = after_mark(event.words, "what():");
  if (!what.empty()) return type.empty() ? what : fmt::format("{}: {}", bare(type), what);
  if (!type.empty()) return bare(type);
  const auto fatal = after_mark(event.words, "Fatal Python error: ");
  return fatal == "Aborted" ? "" : fatal;
}

/// The first line that tells of a peer, and its blame.
CauseKind kind_of_words(Cause& cause, const RankEvent& event) {
  for (const auto& word : event.words) {
    const auto blame = blame_of_words(word);
    if (blame == Blame::own) continue;
    cause.message = word;
    return kind_of_blame(blame, cause.kind);
  }
  return cause.kind;
}

void explain_abort(Cause& cause, const RankEvent& event) {
  const auto words = abort_words(event);
  // NCCL's watchdog reports an error of the device in its own words; it is this rank's all the same.
  const bool of_device = has(words, "CUDA error:");
  if (!of_device) cause.kind = kind_of_words(cause, event);
  if (cause.kind != CauseKind::signal) return;
  if (!words.empty()) cause.message += ": " + words;
  if (of_device) cause.hint = "for the line of the script that launched the kernel: CUDA_LAUNCH_BLOCKING=1";
}

void explain_signal(Cause& cause, const RankEvent& event) {
  cause.code = 128 + event.signal;
  cause.kind = CauseKind::signal;
  cause.message = signal_name(event.signal);
  // faulthandler's last line, thousands of characters with torch.
  std::erase_if(cause.last_lines, [](const auto& line) { return line.starts_with("Extension modules: "); });
  if (event.signal == SIGABRT) return explain_abort(cause, event);
  if (event.signal != SIGKILL) return;
  if (event.oom_kills.value_or(0) > 0) return explain_out_of_memory(cause, event);
  cause.hint = event.oom_kills
                   ? "memory was not the reason, as the kernel counted no kill in the container: someone or "
                     "something else sent SIGKILL"
                   : kAfterSigkill;
}

/// Lines after which a traceback is still taken for the last word of a rank of which nothing better is known:
/// room for a message of several lines and for warnings at the exit.
constexpr int kLinesAfterTraceback = 50;
/// Seconds likewise, where it is known that Python did not end by itself: then no exit handler took the time.
constexpr double kSecondsAfterTraceback = 2;
/// After sys.exit: what is printed just before it is the reason, such as a caught exception.
constexpr int kLinesBeforeExit = 3;

/// Whether the rank's exception ended it.
bool is_uncaught(const RankEvent& event) {
  if (!event.exception) return false;
  if (event.exception->uncaught) return true;
  if (event.ended_normally.value_or(false) || event.after > kLinesAfterTraceback) return false;
  if (event.ended_normally && event.time - event.exception->time > kSecondsAfterTraceback) return false;
  return event.code == 1 || (event.signal != 0 && event.asked_to_end);
}

/// What the script or the environment is wrong about, whatever the data and the other ranks do.
bool repeats(const Raised& raised) {
  static constexpr std::array<std::string_view, 5> types{"ImportError", "ModuleNotFoundError", "SyntaxError",
                                                         "IndentationError", "TabError"};
  return std::any_of(raised.bases.begin(), raised.bases.end(), [](const auto& base) {
    return std::find(types.begin(), types.end(), base) != types.end();
  });
}

/// Its own failure, not that of being stopped.
bool failed_before_asked(const RankEvent& event) {
  if (!event.asked_to_end) return true;
  return event.asked ? event.exception->time < *event.asked
                     : event.exception->raised.type != "KeyboardInterrupt";
}

/// Room for what a rank does before it leaves, such as closing a logger.
constexpr double kSecondsBeforeExit = 10;

/// What the exception tells, and where that is only that another process failed, what the rank said of a
/// peer.
void explain_by(Cause& cause, const RankException& exception, const RankEvent& event) {
  const auto verdict = judge(exception);
  cause.message = verdict.text;
  cause.kind = kind_of_blame(verdict.blame, cause.kind);
  if (is_of_process(*verdict.about)) cause.kind = kind_of_words(cause, event);
}

/// The lines of an exception with all that followed.
std::vector<std::string> with_what_followed(const RankException& exception,
                                            const std::vector<std::string>& last_lines) {
  auto lines = exception.lines;
  const auto end = std::find_if(last_lines.rbegin(), last_lines.rend(),
                                [&](const auto& line) { return has(line, lines.back()); });
  lines.insert(lines.end(), end == last_lines.rend() ? last_lines.begin() : end.base(), last_lines.end());
  return lines;
}

void explain_exception(Cause& cause, const RankEvent& event) {
  const auto& exception = *event.exception;
  cause.kind = CauseKind::exception;
  explain_by(cause, exception, event);
  cause.time = exception.time;
  const auto& about = *judge(exception).about;
  if (!exception.lines.empty() && !is_of_process(about))
    cause.last_lines = exception.uncaught ? exception.lines : with_what_followed(exception, cause.last_lines);
  if (event.signal != 0) cause.code = event.asked_to_end ? 1 : 128 + event.signal;
  cause.repeats = repeats(about);
  if (has(about.type, "OutOfMemoryError") || has(about.message, "CUDA out of memory")) {
    cause.hint = "the GPU's memory was full: use a smaller batch, activation checkpointing or more GPUs";
  } else if (has(about.message, "DataLoader worker") && event.oom_kills.value_or(0) > 0) {
    cause.hint =
        "the kernel killed it for want of memory: use fewer DataLoader workers, or give the containers "
        "more memory";
  }
}

/// An exit with a code. The best evidence comes first: the exception that it was handling, or that it printed
/// just before; what it said of a peer. If it is of its own, sys.exit("text") and argparse (code 2) say why.
void explain_exit(Cause& cause, const RankEvent& event) {
  constexpr int kUsage = 2;  // of Python, argparse and most others
  cause.repeats = event.code == kUsage;
  if (explain_missing_script(cause, event)) return;
  const bool normally = event.ended_normally.value_or(false);
  const bool printed = normally && event.exception && event.after <= kLinesBeforeExit &&
                       event.time - event.exception->time <= kSecondsBeforeExit;
  if (event.handled) {
    explain_by(cause, *event.handled, event);
  } else if (printed) {
    explain_by(cause, *event.exception, event);
  } else {
    cause.kind = kind_of_words(cause, event);
  }
  if (cause.kind != CauseKind::exit || printed || !normally || event.code > kUsage || event.said.empty())
    return;
  cause.message = event.said;
  cause.kind = kind_of_blame(blame_of_words(event.said), CauseKind::exit);
}

}  // namespace

Cause cause_of(const RankEnd& end) {
  const auto& event = end.event;
  Cause cause;
  cause.node = end.node;
  cause.rank = end.rank;
  cause.code = event.code;
  cause.kind = CauseKind::exit;
  cause.time = event.time;
  cause.last_lines = end.last_lines;
  if (is_uncaught(event) && failed_before_asked(event)) {
    explain_exception(cause, event);
  } else if (event.asked_to_end) {
    cause.code = event.signal != 0 ? 128 + event.signal : event.code;
    cause.kind = CauseKind::stopped;
  } else if (event.signal != 0) {
    explain_signal(cause, event);
  } else if (event.message) {  // an exception too, of a script with torchelastic's @record
    const Raised raised{{}, {}, *event.message};
    cause.message = std::string(trim(std::string_view(*event.message).substr(0, event.message->find('\n'))));
    cause.kind = kind_of_blame(blame_of(raised), CauseKind::exception);
  } else {
    explain_exit(cause, event);
  }
  cause.message = without_colours(cause.message);
  return cause;
}

}  // namespace launch::train
