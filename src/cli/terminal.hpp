#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/reporter.hpp"

namespace launch::cli {

/// stderr as a person sees it: colour, width, and one progress line at its end. stdout is data and not
/// touched here.
class Terminal final : public Reporter {
 public:
  /// `is_terminal` and `columns` are stderr's. NO_COLOR, CLICOLOR_FORCE, CI and TERM=dumb are honoured.
  Terminal(bool is_terminal, int columns, const Environment& environment, Clock& clock);

  bool colour() const { return colour_; }
  bool live() const { return live_; }  ///< a progress line may be drawn over

  /// A whole line to stderr, above the progress line.
  void line(std::string_view text);
  /// Lines that end in a newline each, in the same place.
  void text(std::string_view lines);
  /// Bytes of long work ("fetching 28 wheels"): a line drawn over on a terminal, one plain line every ten
  /// seconds elsewhere. Safe to call often and from several threads.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) override;
  /// A step without a measure ("resolving"); on a terminal only.
  void status(std::string_view what) override;
  /// Through the log, which has a level.
  void warn(std::string_view text) override;
  void note(std::string_view text) override;
  /// Takes the progress line away.
  void clear();

  std::string bold(std::string_view text) const;
  std::string red(std::string_view text) const;
  std::string green(std::string_view text) const;
  std::string dim(std::string_view text) const;

 private:
  std::string paint(std::string_view code, std::string_view text) const;
  void erase();
  void draw(std::string text);

  std::mutex mutex_;
  Clock* clock_;
  bool live_ = false;
  bool colour_ = false;
  int columns_ = 80;
  bool drawn_ = false;
  std::string what_;
  std::chrono::steady_clock::time_point began_{};
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace launch::cli
