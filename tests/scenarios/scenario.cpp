#include "scenarios/scenario.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "base/environment.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace launch::scenarios {
namespace {

constexpr std::chrono::seconds kLongest{60};

std::filesystem::path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "launch-scenario-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return std::filesystem::canonical(name);
}

}  // namespace

Scenario::Scenario() : root_(new_folder()), runner_(make_process_runner()) {
  std::filesystem::create_directories(root_ / "recipes");
  environment_ = {{"HOME", (root_ / "home").string()},
                  {"LAUNCH_STORE", (root_ / "store").string()},
                  {"LAUNCH_STATE", (root_ / "state").string()},
                  {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                  {"PIP_CONFIG_FILE", "/dev/null"},
                  {"LANG", "C.UTF-8"}};
  std::filesystem::create_directories(root_ / "home");
  hide(root_.string(), "[ROOT]");
}

Scenario::~Scenario() {
  std::error_code code;
  std::filesystem::remove_all(root_, code);
}

void Scenario::write(const std::string& name, const std::string& content) const {
  std::filesystem::create_directories(place(name).parent_path());
  std::ofstream(place(name), std::ios::binary) << content;
}

std::string Scenario::read(const std::string& name) const {
  std::ifstream file(place(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::string> Scenario::files(const std::string& folder) const {
  std::map<std::string, std::string> found;
  if (!exists(folder)) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place(folder))) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().lexically_relative(root_).string();
    found[name] = read(name);
  }
  return found;
}

Outcome Scenario::launch(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {LAUNCH_PROGRAM};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv);
}

Outcome Scenario::run(const std::vector<std::string>& argv) const {
  ProcessSpec spec{.argv = argv, .environment = environment_, .folder = root_, .timeout = kLongest};
  const auto inherited = Environment::of_this_process();
  for (const auto& [name, value] : inherited.values()) {
    if (!environment_.contains(name)) spec.unset.push_back(name);
  }
  auto ran = runner_->run(spec);
  if (!ran) return {.code = -1, .out = {}, .err = ran.error().text()};
  Outcome outcome{.code = ran->timed_out ? -1 : ran->exit_code, .out = ran->out, .err = ran->err};
  for (auto* text : {&outcome.out, &outcome.err}) {
    for (const auto& [from, to] : hidden_) *text = replace_all(*text, from, to);
    // How long something took is nobody's promise.
    *text = std::regex_replace(*text, std::regex(R"(\b[0-9]+(\.[0-9]+)? s\b)"), "[TIME]");
    // A run's id is a time and a random number.
    *text = std::regex_replace(*text, std::regex(R"(\b[0-9]{8}-[0-9]{6}-[0-9a-f]{4}\b)"), "[RUN]");
  }
  return outcome;
}

}  // namespace launch::scenarios
