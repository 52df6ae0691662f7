#include "cli/command.hpp"

#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/app.hpp"
#include "containers/engine.hpp"

namespace launch::cli {
namespace {

/// The choices in a type name that CLI11 built from the type and its checks: "TEXT:{a,b}".
std::vector<std::string> choices_in(std::string_view type) {
  std::vector<std::string> choices;
  const auto first = type.find('{');
  const auto last = type.find('}');
  if (first == std::string_view::npos || last == std::string_view::npos) return choices;
  for (const auto choice : split(type.substr(first + 1, last - first - 1), ',')) choices.emplace_back(choice);
  return choices;
}

/// "NAME[:TAG]" of CLI11's "NAME[:TAG]:CHECK".
std::string value_name_in(const std::string& type) {
  auto end = type.find_first_of(":{");
  while (end != std::string::npos && end > 0 && type[end - 1] == '[') end = type.find_first_of(":{", end + 1);
  return type.substr(0, end);
}

ManualWord word_of(const CLI::Option& option) {
  ManualWord word;
  word.is_argument = option.get_positional();
  if (word.is_argument) word.names.push_back(option.get_name(true));
  for (const auto& name : option.get_snames()) word.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) word.names.push_back("--" + name);
  const auto type = option.get_type_name();
  if (option.get_items_expected_max() > 0 && !word.is_argument) word.value = value_name_in(type);
  word.choices = choices_in(type);
  word.help = option.get_description();
  word.required = option.get_required();
  word.repeats = option.get_items_expected_max() > 1;
  return word;
}

ManualPage page_of(const CLI::App& app, const std::string& command) {
  ManualPage page{command, app.get_description(), app.get_footer(), {}, {}, {}};
  for (const auto* option : app.get_options()) {
    if (!option->get_group().empty()) page.words.push_back(word_of(*option));
  }
  return page;
}

}  // namespace

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::value_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option& Option::shows_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::one_value_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Command& Command::footer(const std::string& text) {
  app_->footer(text);
  return *this;
}

Command& Command::hidden() {
  app_->group("");
  return *this;
}

Option Command::option(const std::string& name, Target target, const std::string& help) {
  return std::visit([&](auto* value) { return Option(app_->add_option(name, *value, help)); }, target);
}

Option Command::flag(const std::string& name, bool& target, const std::string& help) {
  return Option(app_->add_flag(name, target, help));
}

void Command::runs(Action action) {
  app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = {action, false}; });
}

void Command::runs_with_rest(Action action) {
  app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = {action, true}; });
}

Command App::add(const std::string& name, const std::string& description) {
  return {*root_->add_subcommand(name, description), *chosen_};
}

Manual App::manual() const {
  Manual manual{page_of(*root_, "launch")};
  for (const auto* command : root_->get_subcommands({})) {
    if (command->get_group().empty()) continue;  // hidden
    manual.front().commands.push_back(command->get_name());
    auto page = page_of(*command, "launch " + command->get_name());
    for (const auto& word : manual.front().words) {
      const bool of_program = word.names.back() == "--version" || word.names.back() == "--help";
      if (!of_program) page.globals.push_back(word);
    }
    manual.push_back(std::move(page));
  }
  return manual;
}

std::string engine_help() {
  return fmt::format("Use this engine: {} (default: the first that works)", containers::engine_choice());
}

}  // namespace launch::cli
