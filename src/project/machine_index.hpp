#pragma once

#include <optional>
#include <vector>

#include "base/environment.hpp"
#include "project/site.hpp"

namespace launch::project {

/// The configuration of this machine's pip and uv.
struct MachineIndex {
  std::optional<Setting> index_url;
  std::optional<Setting> certificates;
  std::optional<Setting> proxy;
  std::vector<Setting> find_links;
  std::vector<std::string> ignored;   ///< further indexes that are configured, for a person
  std::vector<std::string> warnings;  ///< of files that could not be read, for a person
};

/// Reads, in this order: PIP_… variables, UV_DEFAULT_INDEX and UV_INDEX_URL, pip's files (PIP_CONFIG_FILE,
/// $VIRTUAL_ENV, the user's, /etc), uv.toml (UV_CONFIG_FILE, or the project's, the user's, /etc). Ignores
/// extra indexes deliberately, and lists them as ignored: a name on two indexes is how dependency confusion
/// works. A file that cannot be read is a warning.
MachineIndex read_machine_index(const std::optional<std::filesystem::path>& project_root,
                                const Environment& environment);

}  // namespace launch::project
