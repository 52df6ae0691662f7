#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/manual.hpp"

namespace launch::cli {
namespace {

/// How to complete a value: by its choices, recipe names, folders or files.
enum class Values { none, choices, recipes, folders, files };

Values values_of(const ManualWord& word) {
  if (!word.choices.empty()) return Values::choices;
  const auto name = word.is_argument ? word.names.front() : word.value;
  if (name == "RECIPE" || name == "LOCK" || name == "ARGUMENTS") return Values::recipes;
  if (name == "DIR") return Values::folders;
  if (name == "FILE" || name == "PATH" || name == "PATHS") return Values::files;
  return Values::none;
}

std::string name_of(const ManualPage& page) {
  return page.command.substr(page.command.find(' ') + 1);
}

/// Single-quoted, for all three shells.
std::string quoted_word(std::string_view text) {
  return fmt::format("'{}'", replace_all(std::string(text), "'", "'\\''"));
}

std::vector<const ManualWord*> options_of(const ManualPage& page) {
  std::vector<const ManualWord*> options;
  for (const auto* words : {&page.words, &page.globals}) {
    for (const auto& word : *words) {
      if (!word.is_argument) options.push_back(&word);
    }
  }
  return options;
}

std::vector<std::string> option_names(const ManualPage& page) {
  std::vector<std::string> names;
  for (const auto* option : options_of(page)) {
    names.insert(names.end(), option->names.begin(), option->names.end());
  }
  return names;
}

constexpr std::string_view kBashHead = R"sh(# bash completion for launch
_launch_recipes() {
  local file
  for file in recipes/*.toml; do
    [[ -e $file ]] && file=${file##*/} && printf '%s\n' "${file%.toml}"
  done
}
_launch() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || { command=$word; break; }
  done
)sh";

/// The bash line that completes `words`.
std::string bash_reply(const std::string& words) {
  return fmt::format("mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$current\")", words);
}

std::string bash_values(const ManualWord& word) {
  switch (values_of(word)) {
    case Values::choices:
      return bash_reply(join(word.choices, " "));
    case Values::recipes:
      return bash_reply("$(_launch_recipes)") + "; compopt -o default";
    case Values::folders:
      return "mapfile -t COMPREPLY < <(compgen -d -- \"$current\")";
    case Values::files:
      return "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
    case Values::none:
      break;
  }
  return "COMPREPLY=()";
}

std::string bash_command(const ManualPage& page) {
  std::string text = fmt::format("    {})\n      case $previous in\n", name_of(page));
  for (const auto* option : options_of(page)) {
    if (option->value.empty()) continue;
    text += fmt::format("        {}) {}; return ;;\n", join(option->names, "|"), bash_values(*option));
  }
  text +=
      fmt::format("      esac\n      if [[ $current == -* ]]; then\n        {}\n        return\n      fi\n",
                  bash_reply(join(option_names(page), " ")));
  for (const auto& word : page.words) {
    if (word.is_argument) return text + "      " + bash_values(word) + "\n      ;;\n";
  }
  return text + "      ;;\n";
}

/// Escapes a name and its help for zsh's _arguments, where brackets and colons have a meaning.
std::string zsh_escape(std::string text) {
  for (const auto* character : {"\\", "[", "]", ":"}) {
    text = replace_all(std::move(text), character, std::string("\\") + character);
  }
  return text;
}

std::string zsh_values(const ManualWord& word) {
  switch (values_of(word)) {
    case Values::choices:
      return fmt::format("({})", join(word.choices, " "));
    case Values::recipes:
      return "_launch_recipes";
    case Values::folders:
      return "_files -/";
    case Values::files:
      return "_files";
    case Values::none:
      break;
  }
  return " ";
}

std::string zsh_command(const ManualPage& page) {
  auto text = fmt::format("    {})\n      _arguments", name_of(page));
  for (const auto* option : options_of(page)) {
    for (const auto& name : option->names) {
      auto line = fmt::format("{}[{}]", name, zsh_escape(option->help));
      if (!option->value.empty())
        line += fmt::format(":{}:{}", zsh_escape(option->value), zsh_values(*option));
      text += " \\\n        " + quoted_word(line);
    }
  }
  for (const auto& word : page.words) {
    if (!word.is_argument) continue;
    text += " \\\n        " + quoted_word(fmt::format("{}:{}:{}", word.repeats ? "*" : "",
                                                      zsh_escape(word.names.front()), zsh_values(word)));
  }
  return text + "\n      ;;\n";
}

std::string fish_option(const std::string& condition, const ManualWord& word) {
  auto line = fmt::format("complete -c launch -n {}", quoted_word(condition));
  for (const auto& name : word.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!word.value.empty()) {
    const auto values = values_of(word);
    line += " -r";
    if (values == Values::choices) line += " -f -a " + quoted_word(join(word.choices, " "));
    if (values == Values::folders) line += " -f -a '(__fish_complete_directories)'";
  }
  return line + " -d " + quoted_word(word.help) + "\n";
}

}  // namespace

std::string bash_completion(const Manual& manual) {
  std::string text(kBashHead);
  text += "  case $command in\n";
  for (std::size_t i = 1; i < manual.size(); ++i) text += bash_command(manual[i]);
  text += fmt::format(
      "    '')\n      {}\n      ;;\n  esac\n}}\ncomplete -F _launch launch\n",
      bash_reply(join(manual.front().commands, " ") + " " + join(option_names(manual.front()), " ")));
  return text;
}

std::string zsh_completion(const Manual& manual) {
  std::string text =
      "#compdef launch\n"
      "_launch_recipes() {\n"
      "  local -a names\n"
      "  names=(recipes/*.toml(N:t:r))\n"
      "  _alternative 'recipes:recipe:compadd -a names' 'files:file:_files'\n"
      "}\n"
      "_launch() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (std::size_t i = 1; i < manual.size(); ++i) {
    const auto first = manual[i].description.substr(0, manual[i].description.find_first_of(".\n"));
    text += fmt::format("    {}\n", quoted_word(fmt::format("{}:{}", name_of(manual[i]), zsh_escape(first))));
  }
  text +=
      "  )\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $command in\n";
  for (std::size_t i = 1; i < manual.size(); ++i) text += zsh_command(manual[i]);
  return text + "  esac\n}\n_launch \"$@\"\n";
}

std::string fish_completion(const Manual& manual) {
  std::string text =
      "function __launch_recipes\n"
      "    for file in recipes/*.toml\n"
      "        string replace -r '.*/(.*)\\.toml$' '$1' $file\n"
      "    end\n"
      "end\n";
  for (std::size_t i = 1; i < manual.size(); ++i) {
    const auto first = manual[i].description.substr(0, manual[i].description.find_first_of(".\n"));
    text += fmt::format("complete -c launch -n __fish_use_subcommand -f -a {} -d {}\n", name_of(manual[i]),
                        quoted_word(first));
  }
  for (std::size_t i = 1; i < manual.size(); ++i) {
    const auto condition = "__fish_seen_subcommand_from " + name_of(manual[i]);
    for (const auto& word : manual[i].words) {
      if (!word.is_argument) {
        text += fish_option(condition, word);
      } else if (values_of(word) == Values::recipes) {
        text += fmt::format("complete -c launch -n {} -a '(__launch_recipes)'\n", quoted_word(condition));
      }
    }
  }
  for (const auto& word : manual.front().words) text += fish_option("true", word);
  return text;
}

}  // namespace launch::cli
