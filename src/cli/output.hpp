#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace launch::cli {

/// Standard output, for a command's data only. Every byte goes through here; the first failure is kept for
/// close(). A reader that exits early (`launch scan src | head`) is no failure: the rest is dropped.
/// Thread-safe.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view text);
  /// The text and a newline.
  void line(std::string_view text);
  /// Writes what is buffered, for lines that a person is watching.
  void flush();
  /// Flushes and closes the descriptor; only the first call has an effect. Errors (environment): something
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
