#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/process.hpp"
#include "base/text.hpp"

namespace launch::fakes {

/// A ProcessRunner that runs nothing: it returns the test's answer for each argument vector (as a shell
/// line), and records the calls. A vector without an answer is a program that does not exist.
class FakeRunner final : public ProcessRunner {
 public:
  struct Answer {
    int exit_code = 0;
    std::string out = {};
    std::string err = {};
  };

  /// The answer to a line; a second answer is for the second call. The last one is repeated.
  void on(const std::string& line, Answer answer) { answers_[line].push_back(std::move(answer)); }
  /// Called with the specification before the answer is returned.
  std::function<void(const ProcessSpec&)> before = {};

  const std::vector<std::string>& asked() const { return asked_; }
  /// What the last call was fed.
  const std::string& fed() const { return fed_; }

  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    if (before) before(spec);
    std::lock_guard lock(mutex_);
    asked_.push_back(shell_line(spec.argv));
    const auto found = answers_.find(asked_.back());
    if (found == answers_.end()) return fail(environment_error(spec.argv.front() + " was not found"));
    if (spec.feed) TRY(read_feed(spec));
    const auto answer = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    ProcessOutcome outcome;
    outcome.exit_code = answer.exit_code;
    outcome.out = answer.out;
    outcome.err = answer.err;
    if (spec.on_line) {
      for (const auto line : lines(answer.out)) spec.on_line(Stream::out, line);
      for (const auto line : lines(answer.err)) spec.on_line(Stream::err, line);
    }
    return outcome;
  }

  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>& argv) override {
    asked_.push_back("guard: " + shell_line(argv));
    struct Nothing final : Guard {
      void dismiss() override {}
    };
    return std::make_unique<Nothing>();
  }

 private:
  Result<void> read_feed(const ProcessSpec& spec) {
    fed_.clear();
    std::array<char, 1000> buffer{};
    while (true) {
      TRY_ASSIGN(const auto count, spec.feed(buffer));
      if (count == 0) return {};
      fed_.append(buffer.data(), count);
    }
  }

  std::mutex mutex_;
  std::string fed_;
  std::map<std::string, std::deque<Answer>> answers_;
  std::vector<std::string> asked_;
};

}  // namespace launch::fakes
