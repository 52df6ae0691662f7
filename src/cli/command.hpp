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

/// What a command does after the command line was parsed. The int is the exit code.
using Action = std::function<Result<int>(World&)>;

/// The action of the command in the arguments.
struct Chosen {
  Action run;
  bool takes_rest = false;
};

/// Where to store an option's value; an invalid value is a usage error.
using Target = std::variant<std::string*, std::optional<std::string>*, std::vector<std::string>*,
                            std::optional<int>*, std::uint16_t*>;

/// What --help says of arguments that several commands take.
inline constexpr const char* kRecipeHelp = "Name or path of a recipe";
/// Help of --engine.
std::string engine_help();
inline constexpr const char* kRunHelp = "A run's ID, a unique prefix of one, or \"last\"";

/// One option or positional argument, to be configured further.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  /// The name of the value in --help: "DIR".
  Option& value_name(const std::string& name);
  Option& one_of(const std::vector<std::string>& values);
  /// Shows its target's current value in --help.
  Option& shows_default();
  /// Takes one value each time it is given; else a list takes all that follow.
  Option& one_value_each();
  Option& excludes(const Option& other);

 private:
  CLI::Option* option_;
};

/// A command's names, options and action. Wraps CLI11, which only command.cpp and run.cpp include: its
/// headers cost each file seconds.
class Command {
 public:
  Command(CLI::App& app, Chosen& chosen) : app_(&app), chosen_(&chosen) {}

  Command& footer(const std::string& text);
  /// Hides it from the program's --help.
  Command& hidden();
  /// An option ("--to"), or a positional argument ("RECIPE").
  Option option(const std::string& name, Target target, const std::string& help = "");
  Option flag(const std::string& name, bool& target, const std::string& help);
  void runs(Action action);
  /// The same for an action that uses World::rest, the arguments after "--".
  void runs_with_rest(Action action);

 private:
  CLI::App* app_;
  Chosen* chosen_;
};

}  // namespace launch::cli
