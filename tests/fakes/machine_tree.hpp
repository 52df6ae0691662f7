#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/text.hpp"
#include "fakes/files.hpp"

namespace launch::fakes {

/// Makes the sysfs and procfs of a machine from a description: lines "PATH = CONTENT", where \n and \t stand
/// for what they say, and "PATH -> TARGET" for links. Returns what follows "# arguments: ", the flags to use
/// it with. Throws std::runtime_error if a file cannot be made.
inline std::string expand_machine(std::string_view description, const std::filesystem::path& folder) {
  std::string arguments;
  constexpr std::string_view kArguments = "# arguments: ";
  for (const auto line : lines(description)) {
    if (line.starts_with(kArguments)) arguments = line.substr(kArguments.size());
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find(" = ");
    const auto arrow = line.find(" -> ");
    const auto at = std::min(equals, arrow);
    if (at == std::string_view::npos) throw std::runtime_error("no file and no link: " + std::string(line));
    const auto path = folder / line.substr(0, at);
    if (at == arrow) {
      std::filesystem::create_directories(path.parent_path());
      std::filesystem::create_symlink(line.substr(at + 4), path);
      continue;
    }
    auto content = replace_all(std::string(line.substr(at + 3)), "\\n", "\n");
    content = replace_all(std::move(content), "\\t", "\t") + "\n";
    if (!write_file(path, content)) throw std::runtime_error("cannot write " + path.string());
  }
  return arguments;
}

}  // namespace launch::fakes
