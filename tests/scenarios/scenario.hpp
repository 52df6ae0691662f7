#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/process.hpp"

namespace launch::scenarios {

/// A command's output and how it ended. Both texts show the scenario's own paths and addresses as [ROOT] and
/// the names given to Scenario::hide, so that a test can assert all of it.
struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// A project in a temporary folder, in which the real program runs with its own environment: an empty home,
/// no configuration of the machine, store and state below the folder.
class Scenario {
 public:
  Scenario();
  ~Scenario();
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path place(const std::string& name) const { return root_ / name; }

  void write(const std::string& name, const std::string& content) const;
  std::string read(const std::string& name) const;
  bool exists(const std::string& name) const { return std::filesystem::exists(place(name)); }
  /// All files below a folder with their contents, to check that a failed command changed nothing.
  std::map<std::string, std::string> files(const std::string& folder = {}) const;

  void set(const std::string& variable, const std::string& value) { environment_[variable] = value; }
  /// Shows `text` as `name` in outcomes.
  void hide(const std::string& text, const std::string& name) { hidden_.emplace_back(text, name); }

  /// Runs `launch ARGUMENTS` in the project's folder.
  Outcome launch(const std::vector<std::string>& arguments) const;
  /// Runs any program in the scenario's environment.
  Outcome run(const std::vector<std::string>& argv) const;

 private:
  std::filesystem::path root_;
  std::map<std::string, std::string> environment_;
  std::vector<std::pair<std::string, std::string>> hidden_;
  std::unique_ptr<ProcessRunner> runner_;
};

}  // namespace launch::scenarios
