#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/command.hpp"

namespace launch::cli {

/// An option's number. `unit`: " seconds". Errors (input): it is less than `least`.
Result<std::optional<int>> at_least(int least, std::optional<int> value, std::string_view option,
                                    std::string_view unit = {});

/// Adds --exclude, with patterns of code that is not read.
void add_exclude_option(Command& command, std::vector<std::string>& patterns);

/// Adds --format, with the names of the command's formats.
void add_format_option(Command& command, std::string& format, const std::vector<std::string>& names);
/// The format to print: json with --json, else that of --format, else text. Errors (input): --json with the
/// name of another format.
Result<std::string> format_of(const World& world, const std::string& format);

}  // namespace launch::cli
