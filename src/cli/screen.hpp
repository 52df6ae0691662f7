#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/process.hpp"
#include "base/reporter.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"

namespace launch::cli {

/// The lines and messages of a long run on their way to a reader that may stall: a terminal that was stopped
/// with Ctrl-S, a pager, a pipe. Nothing here waits for it. A thread of its own prints, many lines at a
/// time; if the reader falls behind by more than `room` bytes, lines are dropped, and their number is printed
/// in their place. Warnings and notes overtake lines.
class Screen final : public Reporter {
 public:
  static constexpr std::size_t kRoom = std::size_t{16} << 20;

  /// Lines of stdout go to `output`, or to the terminal if `output_is_data` (--json). `logs`: where dropped
  /// lines can be found.
  Screen(Terminal& terminal, Output& output, bool output_is_data, std::string logs, std::size_t room = kRoom);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  /// Leaves what is not printed yet to its thread.
  ~Screen() override;

  /// A line of a run, and who wrote it: "[0.3]".
  void line(Stream stream, std::string_view who, std::string_view text);
  void warn(std::string_view text) override;
  void note(std::string_view text) override;
  /// Nothing: lines come between.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) override;
  void status(std::string_view what) override;

  /// Waits until everything is printed. False if it was given up: a stop was requested, and the reader took
  /// nothing for as long as `patience`. The terminal and the output must then not be used any more, since
  /// the thread waits in them.
  bool close(const std::stop_token& stop, std::chrono::milliseconds patience);

 private:
  struct State;
  void push(char kind, std::string_view who, std::string_view text);

  std::shared_ptr<State> state_;
};

}  // namespace launch::cli
