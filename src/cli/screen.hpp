#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/process.hpp"
#include "base/reporter.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"

namespace launch::cli {

/// What a command prints on stdout: the lines of the run, or a document about it (--json).
enum class StdoutIs { lines, document };

/// The lines and messages of a long run on their way to a reader that may stall: a terminal that was stopped
/// with Ctrl-S, a pager, a pipe. Nothing here waits for it. A thread of its own prints, many lines at a
/// time; if the reader falls behind by more than `room` bytes, lines are dropped, and their number is printed
/// on stderr. Warnings and notes overtake lines. On a terminal, colours in lines are kept. If stdout and
/// stderr have different readers, each has a thread, so that neither waits for the other.
///
/// Progress bars are redrawn at the bottom of a terminal. Elsewhere, and if only stdout goes elsewhere
/// (perhaps to `tee`, which prints it later), each bar is printed as a line every ten seconds. The last state
/// of a bar is always printed as a line.
class Screen final : public Reporter {
 public:
  static constexpr std::size_t kRoom = std::size_t{16} << 20;

  /// Lines of stdout go to `output`, or to the terminal if that is for a document. `logs`: where dropped
  /// lines can be found.
  Screen(Terminal& terminal, Output& output, StdoutIs stdout_is, std::string logs, Clock& clock,
         std::size_t room = kRoom);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  /// Leaves what is not printed yet to its thread.
  ~Screen() override;

  /// A line of a run, and who wrote it: "[0.3]". It replaces the progress bar on that stream.
  void line(Stream stream, std::string_view who, std::string_view text);
  /// The state of a progress bar; a blank one ends it.
  void bar(Stream stream, std::string_view who, std::string_view text);
  void warn(std::string_view text) override;
  void note(std::string_view text) override;
  /// Nothing: lines come between.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) override;
  void status(std::string_view what) override;

  /// Prints bars that did not end as lines, and waits until everything is printed that goes to this stream,
  /// or to a reader of both. False if it was given up: a stop was requested, and the reader took nothing for
  /// as long as `patience`. The terminal for stderr, the output for stdout, or both for a reader of both,
  /// must then not be used any more, since a thread waits in it.
  bool close(Stream stream, const std::stop_token& stop, std::chrono::milliseconds patience);

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace launch::cli
