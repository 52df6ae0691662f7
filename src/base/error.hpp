#pragma once

#include <string>
#include <vector>

namespace launch {

/// What an error means to the caller of the program; sets the exit code.
enum class ErrorKind {
  no = 1,     ///< the answer is no: lock out of date, API missing, verification failed
  usage = 2,  ///< bad usage, recipe or input file
  world = 3,  ///< network, index, engine or disk failed
};

/// One failure as a value: a sentence, what was being done, and what to do now.
class Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  /// Adds what was being done, from the inside out: "reading the lock a.toml".
  Error&& during(std::string step) &&;
  Error& during(std::string step) &;
  /// Adds what the user can do now.
  Error&& hint(std::string text) &&;
  Error& hint(std::string text) &;

  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& steps() const { return steps_; }
  const std::vector<std::string>& hints() const { return hints_; }

  /// The printed form, fit for a terminal (printable_message): "error: …", a "  while …" line a step, a blank
  /// line and "hint: …" lines. Ends with a newline.
  std::string text() const;

 private:
  ErrorKind kind_;
  std::string message_;
  std::vector<std::string> steps_;
  std::vector<std::string> hints_;
};

/// Error of kind usage: what the user gave is wrong.
inline Error usage_error(std::string message) {
  return {ErrorKind::usage, std::move(message)};
}
/// Error of kind world: something outside the program failed.
inline Error world_error(std::string message) {
  return {ErrorKind::world, std::move(message)};
}

}  // namespace launch
