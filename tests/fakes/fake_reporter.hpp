#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/reporter.hpp"

namespace launch::fakes {

/// Records everything reported to it.
class FakeReporter final : public Reporter {
 public:
  void warn(std::string_view text) override { keep(warnings, text); }
  void note(std::string_view text) override { keep(notes, text); }
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total) override {
    const std::scoped_lock lock(mutex_);
    steps.push_back({std::string(what), done, total});
  }
  void status(std::string_view what) override { keep(statuses, what); }

  struct Step {
    std::string what;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
  };
  /// Safe while others still report.
  std::size_t count_of_notes() {
    const std::scoped_lock lock(mutex_);
    return notes.size();
  }
  std::size_t count_of_warnings() {
    const std::scoped_lock lock(mutex_);
    return warnings.size();
  }
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  std::vector<std::string> statuses;
  std::vector<Step> steps;

 private:
  void keep(std::vector<std::string>& list, std::string_view text) {
    const std::scoped_lock lock(mutex_);
    list.emplace_back(text);
  }
  std::mutex mutex_;
};

}  // namespace launch::fakes
