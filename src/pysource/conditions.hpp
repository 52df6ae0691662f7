#pragma once

#include <cstdint>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// When the first branch of an `if` runs, as far as its test shows.
enum class BranchRun : std::uint8_t {
  sometimes,
  never,   ///< `if TYPE_CHECKING:`, `if False:`
  always,  ///< `if not TYPE_CHECKING:`, `if True:`: what follows it does not run
};
BranchRun branch_run(const SourceTree& tree, TokenRange test);

/// True if the test checks for a version or feature (a name with "version" in it, hasattr, find_spec).
bool asks_for_feature(const SourceTree& tree, TokenRange test);

/// True if an `except` head (or the arguments of `suppress(…)`) includes ImportError.
bool takes_import_error(const SourceTree& tree, TokenRange head);

/// True if the block ends with `raise` or by exiting the program.
bool gives_up(const SourceTree& tree, const std::vector<Statement>& block);

/// True if the `with` head is contextlib.suppress with an import error.
bool suppresses_import_error(const SourceTree& tree, TokenRange head);

}  // namespace launch::pysource
