#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "probe/report.hpp"
#include "probe/source_tree.hpp"
#include "probe/wheel_lookup.hpp"

namespace launch::commands {

struct FallbackRequest {
  std::vector<std::string> paths;         ///< files and folders
  std::vector<std::string> exclude = {};  ///< patterns of what is not read below them
  std::string from;                       ///< a release of torch on the general index
  std::string to;                         ///< a newer one
};

/// An import that one of two releases lacks.
struct MovedImport {
  std::string name;  ///< "torch.distributed._tensor.Replicate"
  std::string file;
  std::uint32_t line = 0;
  std::string older;   ///< the module that has it in the older release; empty if none was found
  std::string newer;   ///< in the newer one
  std::string reason;  ///< why it has no fallback; empty if it has one
};

struct FallbackDocument {
  probe::AskedWheel from;
  probe::AskedWheel to;
  std::vector<MovedImport> imports;  ///< by file and line
  std::string patch;                 ///< a unified diff for `git apply` in the working folder

  bool complete() const;  ///< every import has a fallback
};

/// Finds the fallbacks of scanned code for two builds of torch. Errors: those of PlatformApis::ask,
/// look_elsewhere and read_source.
Result<FallbackDocument> fallbacks_between(probe::OpenedWheels older, probe::OpenedWheels newer,
                                           probe::TreeScan scan);

/// For imports of torch that one release has and the other lacks, finds the module that has the name there,
/// and writes the gated import that works with both. Imports that may be missing are left alone. Warns about
/// files of the code that could not be read completely. Errors: those of open_release, scan_tree,
/// PlatformApis::ask and look_elsewhere; a stop.
Result<FallbackDocument> fallbacks(const FallbackRequest& request, const Context& context);

}  // namespace launch::commands
