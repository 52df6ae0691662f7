#include "cli/option_values.hpp"

#include <fmt/format.h>

#include "cli/world.hpp"

namespace launch::cli {

Result<std::optional<int>> at_least(int least, std::optional<int> value, std::string_view option,
                                    std::string_view unit) {
  if (value.value_or(least) >= least) return value;
  return fail(input_error(fmt::format("{} {}: expected {} or more{}", option, *value, least, unit)));
}

void add_exclude_option(Command& command, std::vector<std::string>& patterns) {
  command
      .option("--exclude", &patterns,
              "Leave out files and folders that match, as in a .gitignore (repeatable)")
      .value_name("GLOB")
      .one_value_each();
}

void add_format_option(Command& command, std::string& format, const std::vector<std::string>& names) {
  command.option("--format", &format, "Print the answer in this format (default: text)")
      .value_name("NAME")
      .one_of(names);
}

Result<std::string> format_of(const World& world, const std::string& format) {
  const std::string json = "json";
  if (!world.json) return format.empty() ? std::string("text") : format;
  if (format.empty() || format == json) return json;
  return fail(input_error(fmt::format("--json cannot be combined with --format {}", format)));
}

}  // namespace launch::cli
