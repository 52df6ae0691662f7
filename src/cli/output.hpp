#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::cli {

/// Standard output, which holds a command's data and nothing else. Every byte goes through here; the first
/// failure is kept for close(). A reader that goes away (`launch scan src | head`) is no failure: the rest is
/// dropped. Safe to call from several threads.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view text);
  /// The text and a newline.
  void line(std::string_view text);
  /// Writes what is buffered, for lines that a person watches.
  void flush();
  /// Flushes and closes the descriptor; only the first call does anything. Errors (environment): something
  /// could not be written.
  Result<void> close();

 private:
  void drain();

  std::mutex mutex_;
  int descriptor_;
  std::string buffer_;
  int failure_ = 0;  ///< errno of the first write that failed
  bool closed_ = false;
};

}  // namespace launch::cli
