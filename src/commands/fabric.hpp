#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "fabric/choice.hpp"
#include "fabric/lint.hpp"

namespace launch::commands {

struct FabricRequest {
  std::optional<std::string> tree = {};  ///< the root of a recorded tree; else this machine
  std::string head = {};                 ///< an address; empty: the default route decides
  std::string nccl = {};                 ///< a release; empty: that of the lock, or the newest known
  std::string lock = {};                 ///< name of a recipe or path of a lock; empty: none
  std::string preset = {};               ///< a name, "none", or empty for the one that fits the machine
};

struct FabricReport {
  std::string root;  ///< "/" or that of the recorded tree
  fabric::NcclVersion nccl;
  std::string release;  ///< where it comes from: "2.27.3, of the lock demo"
  const fabric::Preset* preset = nullptr;
  std::string head;
  fabric::Topology topology;
  std::vector<fabric::Setting> settings;  ///< what is set already, in effect first
  fabric::Choice choice;
};

/// NCCL's environment for this machine or a recorded one. Of a recorded one, the environment of this process
/// and the user's configuration are not read. Errors (input): the head is no address, an unknown preset or
/// release, a root without sysfs, a lock for the CPU; those of load_lock.
Result<FabricReport> fabric(const FabricRequest& request, const Context& context);

struct FabricLintRequest {
  std::vector<std::string> files;
  std::optional<std::string> tree;  ///< with one, lists are compared with its devices and interfaces
  std::string nccl;
};
struct LintedFile {
  std::string path;  ///< as in the request
  std::vector<fabric::Finding> findings;
};
/// What files get wrong about NCCL's environment. Errors: a file cannot be read (input), those of `fabric`.
Result<std::vector<LintedFile>> lint_fabric(const FabricLintRequest& request, const Context& context);

struct RecordedTree {
  std::string folder;
  std::size_t files = 0;
  std::size_t links = 0;
};
/// Copies what `fabric` reads of this machine, or of another tree, to a new folder. Errors: it exists
/// (input), it cannot be written (environment).
Result<RecordedTree> record_fabric(const std::string& folder, const FabricRequest& request,
                                   const Context& context);

}  // namespace launch::commands
