#pragma once

#include <cstdint>
#include <string_view>

namespace launch {

/// Messages for a person waiting. Everything below the command line reports progress and warnings through
/// this, and only through this. Thread-safe.
class Reporter {
 public:
  virtual ~Reporter() = default;

  /// A sentence that the user must know, though the work continues.
  virtual void warn(std::string_view text) = 0;
  /// What is happening or has happened.
  virtual void note(std::string_view text) = 0;
  /// Bytes of long-running work ("fetching wheels"); `total` is 0 if unknown. Cheap to call often.
  virtual void progress(std::string_view what, std::uint64_t done, std::uint64_t total) = 0;
  /// The current step ("resolving"), whose length is unknown.
  virtual void status(std::string_view what) = 0;
};

/// Drops everything.
class SilentReporter final : public Reporter {
 public:
  void warn(std::string_view /*text*/) override {}
  void note(std::string_view /*text*/) override {}
  void progress(std::string_view /*what*/, std::uint64_t /*done*/, std::uint64_t /*total*/) override {}
  void status(std::string_view /*what*/) override {}
};

}  // namespace launch
