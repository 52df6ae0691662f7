#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/colour.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/reporter.hpp"
#include "base/text.hpp"

namespace launch::cli {

/// The size of a terminal in characters; 0: unknown.
struct Window {
  int columns = 0;
  int rows = 0;
};

/// Whether colours may be printed: on a terminal, and where CLICOLOR_FORCE asks for them, but never with
/// NO_COLOR, and not with TERM=dumb.
Colours colours_of(bool is_terminal, const Environment& environment);

/// Text safe for a terminal: text from outside was made printable, and only colours were added.
class Painted {
 public:
  explicit Painted(std::string_view text) : bytes_(printable_message(text)) {}
  const std::string& bytes() const { return bytes_; }

 private:
  friend class Terminal;
  std::string bytes_;
};

/// stderr for a person: colour, size, and lines at the end that are drawn over: one of progress, or bars.
/// stdout is data and not touched here.
class Terminal final : public Reporter {
 public:
  /// `is_terminal` and `window` are stderr's; it is asked for its size before each drawing. NO_COLOR,
  /// CLICOLOR_FORCE, CI and TERM=dumb are honoured.
  Terminal(bool is_terminal, std::function<Window()> window, const Environment& environment, Clock& clock);

  bool colour() const { return colours_ == Colours::kept; }
  bool live() const { return live_; }  ///< a progress line may be drawn over

  /// A complete line to stderr, above the progress line, from texts and painted texts.
  template <class... Parts>
  void line(const Parts&... parts) {
    bytes(joined(parts...));
  }
  /// The bytes of such a line, to be printed later with others by `bytes`, or by `bars`.
  template <class... Parts>
  static std::string joined(const Parts&... parts) {
    return (std::string() + ... + fit(parts).bytes()) + "\n";
  }
  void bytes(std::string_view lines) { put_above(lines); }
  /// Lines from outside, at the same position.
  void text(std::string_view lines);
  /// The text of Error::text, at the same position.
  void error(const Error& error);
  /// Bytes of long-running work ("fetching 28 wheels"): a line redrawn in place on a terminal, one plain line
  /// every ten seconds elsewhere. Cheap to call often. Thread-safe.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) override;
  /// A step of unknown length ("resolving"); only on a terminal.
  void status(std::string_view what) override;
  /// Goes through the log, which has a level.
  void warn(std::string_view text) override;
  void note(std::string_view text) override;
  /// Draws these lines, made by `joined`, in place of what was drawn before: at the end, each cut to the
  /// width. Nothing unless `live`.
  void bars(const std::vector<std::string>& lines);
  /// How many of them there is room for, with as many lines of other text above.
  std::size_t room_for_bars() const;
  /// Erases what was drawn at the end.
  void clear();

  // Each takes a text or a painted text.
  Painted bold(const auto& text) const { return paint("1", fit(text)); }
  Painted red(const auto& text) const { return paint("31", fit(text)); }
  Painted green(const auto& text) const { return paint("32", fit(text)); }
  Painted dim(const auto& text) const { return paint("2", fit(text)); }
  /// A line that a program printed, with its own colours where there are any here.
  Painted printed(std::string_view line) const;

 private:
  static Painted fit(std::string_view text) { return Painted(text); }
  static const Painted& fit(const Painted& text) { return text; }
  Painted paint(std::string_view code, Painted text) const;
  void put_above(std::string_view bytes);
  void erase();
  std::size_t columns() const;
  void draw(std::string text);

  std::mutex mutex_;
  std::function<Window()> window_;
  Clock* clock_;
  bool live_ = false;
  Colours colours_;
  std::size_t drawn_ = 0;  ///< lines at the end
  std::string what_;
  std::chrono::steady_clock::time_point began_{};
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace launch::cli
