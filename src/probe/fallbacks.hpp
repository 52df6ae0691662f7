#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace launch::probe {

/// A name that two releases have in different modules.
struct MovedName {
  std::string older;  ///< the module that has it in the older release: "torch.distributed._tensor"
  std::string newer;
};

/// Line and column of a use.
using SourcePlace = std::pair<std::uint32_t, std::uint32_t>;

/// Lines of a file that are replaced by others.
struct LineEdit {
  std::size_t first = 0;  ///< from 0
  std::size_t count = 0;
  std::vector<std::string> lines;  ///< without "\n"
};

struct Rewriting {
  std::vector<LineEdit> edits;                 ///< in the order of the source
  std::map<SourcePlace, std::string> refused;  ///< why an import could not be rewritten
};

/// Rewrites imports so that they work with both releases:
///
///     try:
///         from NEWER import NAME
///     except ImportError:
///         from OLDER import NAME
///
/// with the statement's indentation and aliases; names of the statement that did not move stay in it. For
/// `import OLDER as name`, the modules themselves.
Rewriting write_fallbacks(const std::string& source, const std::map<SourcePlace, MovedName>& moved);

/// The edits of a file as a unified diff with three lines of context, for `git apply`; empty without edits.
std::string unified_diff(const std::string& file, const std::string& source,
                         const std::vector<LineEdit>& edits);

}  // namespace launch::probe
