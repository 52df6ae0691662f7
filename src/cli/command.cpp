#include "cli/command.hpp"

#include <utility>

#include <CLI/CLI.hpp>

#include "cli/app.hpp"

namespace launch::cli {

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

}  // namespace launch::cli
