#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace launch::fabric {

/// What kind of file names variables.
enum class FileKind {
  conf,         ///< nccl.conf
  environment,  ///< the output of env or printenv
  dockerfile,
  script,  ///< anything else: a shell, a job's script, YAML, Python
};

/// By name and content: "nccl.conf" and ".nccl.conf", "Dockerfile…", "Containerfile…", and a dump if each
/// line is NAME=VALUE without a shell's signs.
FileKind kind_of_file(std::string_view name, std::string_view text);

/// A place in a file that sets a variable of NCCL, or passes it on.
struct Mention {
  std::size_t line = 0;  ///< from 1
  std::string name;
  std::optional<std::string> value;  ///< nullopt if it is passed on, or computed: "$X", "{{ x }}"
  std::string problem = {};          ///< of the line's form, as the file's reader takes it
};

std::vector<Mention> find_mentions(FileKind kind, std::string_view text);

}  // namespace launch::fabric
