#pragma once

#include <cstdint>
#include <string_view>

namespace launch {

/// What a person who waits is told. The one way in which anything below the command line tells of progress
/// and of what a user must know. Safe to call from several threads.
class Reporter {
 public:
  virtual ~Reporter() = default;

  /// A sentence that a user must know of, though the work goes on.
  virtual void warn(std::string_view text) = 0;
  /// What is happening or has happened.
  virtual void note(std::string_view text) = 0;
  /// Bytes of long work ("fetching wheels"); `total` is 0 if it is not known. Cheap to call often.
  virtual void progress(std::string_view what, std::uint64_t done, std::uint64_t total) = 0;
  /// The step that is now under way ("resolving"), which no measure is known of.
  virtual void status(std::string_view what) = 0;
};

/// Tells nobody.
class SilentReporter final : public Reporter {
 public:
  void warn(std::string_view /*text*/) override {}
  void note(std::string_view /*text*/) override {}
  void progress(std::string_view /*what*/, std::uint64_t /*done*/, std::uint64_t /*total*/) override {}
  void status(std::string_view /*what*/) override {}
};

}  // namespace launch
