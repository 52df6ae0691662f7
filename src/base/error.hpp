#pragma once

#include <string>
#include <vector>

namespace launch {

/// What happened. cli maps it to an exit code.
enum class ErrorKind {
  no,           ///< the question was answered, and the answer is no: lock out of date, API missing
  input,        ///< what the user gave is wrong: the command line, a recipe, an input file
  unusable,     ///< one thing that somebody else offers cannot be used, and what is around it can: a wheel
                ///< whose metadata does not follow its standard, a file that its server no longer has
  environment,  ///< network, index, engine or disk failed
};

/// One failure as a value: a sentence, what was being done, and what the user can do now.
class Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  /// Adds what was being done, from the inside out: "reading the lock a.toml".
  Error&& during(std::string step) &&;
  Error& during(std::string step) &;
  /// Adds what the user can do now.
  Error&& hint(std::string text) &&;
  Error& hint(std::string text) &;

  /// Notes the errno that caused it.
  Error&& because_of(int number) &&;
  /// Removes the hints, for a caller that has a better one.
  Error&& without_hints() &&;

  /// The same error with another kind, for a caller that knows better what it means.
  Error&& as(ErrorKind kind) &&;

  ErrorKind kind() const { return kind_; }
  /// The errno that caused it; 0 if none is known.
  int number() const { return number_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& steps() const { return steps_; }
  const std::vector<std::string>& hints() const { return hints_; }

  /// The printed form, safe for a terminal (printable_message): "error: …", one "  while …" line per step, a
  /// blank line and "hint: …" lines. Ends with a newline.
  std::string text() const;

 private:
  ErrorKind kind_;
  int number_ = 0;
  std::string message_;
  std::vector<std::string> steps_;
  std::vector<std::string> hints_;
};

/// Error of kind input: what the user gave is wrong.
inline Error input_error(std::string message) {
  return {ErrorKind::input, std::move(message)};
}
/// Error of kind environment: something outside the program failed.
inline Error environment_error(std::string message) {
  return {ErrorKind::environment, std::move(message)};
}

}  // namespace launch
