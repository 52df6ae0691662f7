#include <algorithm>

#include "archive/installation.hpp"
#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "pytorch/commits.hpp"
#include "specs/headers.hpp"

namespace launch::fuzz {
namespace {

bool is_code(char c) {
  return c != '\n' && c != '\r' && c != ';' && c != '#' && c != '(' && c != '"' && c != '\'' && c != '\\';
}

}  // namespace

/// The files of a wheel that decide what is installed: entry_points.txt, WHEEL, torch/version.py.
void fuzz_wheel_files(std::string_view bytes) {
  (void)parsed(archive::root_is_purelib(bytes));
  (void)archive::script_text(std::string(bytes), "/usr/bin/python3");
  const auto commit = pytorch::commit_of(bytes);
  if (commit) require(commit->size() == 40, "a commit has 40 digits", *commit);
  const auto points = archive::console_scripts(bytes);
  if (!parsed(points)) return;
  for (const auto& point : *points) {
    require(stays_below(point.name) && point.name.find('/') == std::string::npos && point.name != ".",
            "a script's name is that of a file", point.name);
    const auto text = archive::console_script_text(point, "/usr/bin/python3");
    require(text.has_value(), "a script has a text", point.name);
    for (const auto& code : {point.module, point.attribute})
      require(!code.empty() && std::all_of(code.begin(), code.end(), is_code), "a script imports a name only",
              code);
    require(lines(*text).size() == 7, "a script has its seven lines", *text);
  }
}

}  // namespace launch::fuzz
