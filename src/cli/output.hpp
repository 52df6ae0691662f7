#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/colour.hpp"
#include "base/result.hpp"

namespace launch::cli {

/// What an output goes to.
struct Reader {
  bool is_terminal = false;
  Colours colours = Colours::dropped;
  bool is_stderr = false;  ///< the same file as stderr's
};

/// Standard output, for a command's data only. Every byte goes through here; the first failure is kept for
/// close(). A reader that exits early (`launch scan src | head`) is no failure: the rest is dropped.
/// Thread-safe.
class Output {
 public:
  explicit Output(int descriptor, Reader reader = {}) : descriptor_(descriptor), reader_(reader) {}

  const Reader& reader() const { return reader_; }
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
  Reader reader_;
  std::string buffer_;
  int failure_ = 0;  ///< errno of the first write that failed
  bool closed_ = false;
};

}  // namespace launch::cli
