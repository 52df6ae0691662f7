#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace launch::cli {

struct World;

/// What a command does once the command line is read. The int is the exit code.
using Action = std::function<Result<int>(World&)>;

/// The action that the arguments name.
struct Chosen {
  Action run;
  bool takes_rest = false;
};

/// Where an option's value goes; what is not one is a usage error.
using Target = std::variant<std::string*, std::optional<std::string>*, std::vector<std::string>*,
                            std::optional<int>*, std::uint16_t*>;

/// What --help says of arguments that several commands take.
inline constexpr const char* kRecipeHelp = "Name or path of a recipe";
inline constexpr const char* kRunHelp = "A run's ID, the beginning of one, or \"last\"";

/// One option or positional argument, to be described further.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  /// What --help calls the value: "DIR".
  Option& value_name(const std::string& name);
  Option& one_of(const std::vector<std::string>& values);
  /// --help shows the value that its target has now.
  Option& shows_default();
  Option& excludes(const Option& other);

 private:
  CLI::Option* option_;
};

/// A command's words, options and action. CLI11 does the work behind it, in command.cpp and run.cpp alone:
/// its headers cost each file that includes them seconds.
class Command {
 public:
  Command(CLI::App& app, Chosen& chosen) : app_(&app), chosen_(&chosen) {}

  Command& footer(const std::string& text);
  /// --help of the program does not list it.
  Command& hidden();
  /// An option ("--to"), or a positional argument ("RECIPE").
  Option option(const std::string& name, Target target, const std::string& help = "");
  Option flag(const std::string& name, bool& target, const std::string& help);
  void runs(Action action);
  /// The same for an action that takes World::rest, what stands after "--".
  void runs_with_rest(Action action);

 private:
  CLI::App* app_;
  Chosen* chosen_;
};

}  // namespace launch::cli
