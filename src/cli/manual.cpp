#include "cli/manual.hpp"

#include <memory>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/default_index.hpp"

namespace launch::cli {
namespace {

/// "-C DIR", "--json", "RECIPE…"
std::string heading(const ManualWord& word) {
  auto text = join(word.names, ", ");
  if (!word.value.empty() && !word.is_argument) text += " " + word.value;
  if (word.is_argument && word.repeats) text += "…";
  return text;
}

std::string help_of(const ManualWord& word) {
  if (word.choices.empty()) return word.help;
  return fmt::format("{} ({})", word.help, join_words(word.choices, "or"));
}

/// Text for a man page: roff interprets backslashes, and dots and quotes at the start of a line.
std::string roff(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_options(std::string_view title, const std::vector<ManualWord>& words) {
  std::string out;
  for (const auto& word : words) {
    if (!word.help.empty()) out += fmt::format(".TP\n.B {}\n{}\n", roff(heading(word)), roff(help_of(word)));
  }
  return out.empty() ? out : fmt::format(".SH {}\n{}", title, out);
}

std::string markdown_options(std::string_view title, const std::vector<ManualWord>& words) {
  std::string out;
  for (const auto& word : words) {
    if (!word.help.empty()) out += fmt::format("- `{}`: {}\n", heading(word), help_of(word));
  }
  return out.empty() ? out : fmt::format("\n## {}\n\n{}", title, out);
}

std::string file_stem(const ManualPage& page) {
  return replace_all(page.command, " ", "-");
}

}  // namespace

std::string synopsis(const ManualPage& page) {
  auto text = page.command + " [OPTIONS]";
  if (!page.commands.empty()) return text + " COMMAND";
  for (const auto& word : page.words) {
    if (!word.is_argument) continue;
    const auto name = word.names.front() + (word.repeats ? "…" : "");
    text += word.required ? " " + name : fmt::format(" [{}]", name);
  }
  return text;
}

std::string man_page(const ManualPage& page, std::string_view version) {
  const auto stem = file_stem(page);
  auto text = fmt::format(".TH \"{}\" 1 \"\" \"launch {}\" \"User Commands\"\n", roff(stem), version);
  const auto first = page.description.substr(0, page.description.find(". "));
  text += fmt::format(".SH NAME\n{} \\- {}\n", roff(stem), roff(replace_all(first, "\n", " ")));
  text += fmt::format(".SH SYNOPSIS\n.B {}\n", roff(synopsis(page)));
  text += fmt::format(".SH DESCRIPTION\n{}\n", roff(page.description));
  if (!page.commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const auto& command : page.commands) text += fmt::format(".TP\n.BR launch\\-{} (1)\n", command);
  }
  text += roff_options("OPTIONS", page.words) + roff_options("COMMON OPTIONS", page.globals);
  if (!page.notes.empty()) text += fmt::format(".SH NOTES\n.nf\n{}\n.fi\n", roff(page.notes));
  if (page.commands.empty()) text += ".SH SEE ALSO\n.BR launch (1)\n";
  return text;
}

std::string markdown_page(const ManualPage& page) {
  auto text = fmt::format("# {}\n\n{}\n\n```\n{}\n```\n", page.command, page.description, synopsis(page));
  if (!page.commands.empty()) {
    text += "\n## Commands\n\n";
    for (const auto& command : page.commands) text += fmt::format("- [{0}](launch-{0}.md)\n", command);
  }
  text += markdown_options("Options", page.words) + markdown_options("Common options", page.globals);
  if (!page.notes.empty()) text += fmt::format("\n## Notes\n\n```\n{}\n```\n", page.notes);
  return text;
}

Result<void> write_manual(Disk& disk, const std::filesystem::path& folder, const Manual& manual) {
  for (const auto& page : manual) {
    const auto stem = file_stem(page);
    TRY(write_file(disk, folder / "man/man1" / (stem + ".1"), man_page(page, kVersion)));
    TRY(write_file(disk, folder / "commands" / (stem + ".md"), markdown_page(page)));
  }
  TRY(write_file(disk, folder / "bash-completion/completions/launch", bash_completion(manual)));
  TRY(write_file(disk, folder / "zsh/site-functions/_launch", zsh_completion(manual)));
  return write_file(disk, folder / "fish/vendor_completions.d/launch.fish", fish_completion(manual));
}

void register_manual(App& app) {
  const auto folder = std::make_shared<std::string>();
  auto command = app.add("manual", "Write the manual pages, their Markdown form and shell completions");
  command.hidden();
  command.option("DIR", folder.get(), "Folder to write to").required();
  command.runs([folder, &app](World& world) -> Result<int> {
    TRY(write_manual(world.context.disk, world.context.folder / *folder, app.manual()));
    return 0;
  });
}

}  // namespace launch::cli
