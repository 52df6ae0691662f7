#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace launch::cli {

/// An option or argument, as --help describes it.
struct ManualWord {
  std::vector<std::string> names;    ///< "-v", "--verbose"; the one name of an argument: "RECIPE"
  std::string value;                 ///< "DIR"; empty for a flag
  std::vector<std::string> choices;  ///< the allowed values; empty: any
  std::string help;
  bool is_argument = false;
  bool required = false;
  bool repeats = false;
};

/// The --help of a command or of the program.
struct ManualPage {
  std::string command;  ///< "launch lock"; "launch" for the program
  std::string description;
  std::string notes;  ///< the end of --help
  std::vector<ManualWord> words;
  std::vector<ManualWord> globals;    ///< options of every command
  std::vector<std::string> commands;  ///< of the program: their names, in order
};

/// The program's page first, then one per command. Hidden commands have none.
using Manual = std::vector<ManualPage>;

/// A page in the format of man(7), section 1.
std::string man_page(const ManualPage& page, std::string_view version);
/// A page for docs/commands/.
std::string markdown_page(const ManualPage& page);
/// "launch [OPTIONS] RECIPE"
std::string synopsis(const ManualPage& page);

/// Writes all pages and completions below a folder. Errors (environment): one cannot be written.
Result<void> write_manual(Disk& disk, const std::filesystem::path& folder, const Manual& manual);

/// Scripts that complete commands, options, recipes and files.
std::string bash_completion(const Manual& manual);
std::string zsh_completion(const Manual& manual);
std::string fish_completion(const Manual& manual);

}  // namespace launch::cli
