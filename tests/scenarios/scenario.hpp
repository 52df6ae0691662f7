#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/process.hpp"

namespace launch::scenarios {

/// What a command said and how it ended. In both texts the scenario's own places and addresses stand as
/// [ROOT] and the names given to Scenario::hide, so that a test can assert the whole.
struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// A project in a temporary folder, and the real program run in it with an environment of the scenario's own:
/// an empty home, no configuration of the machine's, the store and state below the folder.
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
  /// Every file below a folder with its content: what must be the same after a command that failed.
  std::map<std::string, std::string> files(const std::string& folder = {}) const;

  void set(const std::string& variable, const std::string& value) { environment_[variable] = value; }
  /// In outcomes `text` is shown as `name`.
  void hide(const std::string& text, const std::string& name) { hidden_.emplace_back(text, name); }

  /// Runs `launch ARGUMENTS` in the project's folder.
  Outcome launch(const std::vector<std::string>& arguments) const;
  /// Runs any program with the scenario's environment.
  Outcome run(const std::vector<std::string>& argv) const;

 private:
  std::filesystem::path root_;
  std::map<std::string, std::string> environment_;
  std::vector<std::pair<std::string, std::string>> hidden_;
  std::unique_ptr<ProcessRunner> runner_;
};

}  // namespace launch::scenarios
