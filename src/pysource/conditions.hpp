#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// When the first branch of an `if` runs, as far as its test shows.
enum class BranchRun : std::uint8_t {
  sometimes,
  never,   ///< `if TYPE_CHECKING:`, `if False:`
  always,  ///< `if not TYPE_CHECKING:`, `if True:`: what follows it does not run
};
BranchRun branch_run(const SourceTree& tree, TokenRange test);

/// True if an `except` head (or the arguments of `suppress(…)`) has one of the names, or is empty.
bool names_any(const SourceTree& tree, TokenRange head, std::initializer_list<std::string_view> names);

/// True if an `except` head (or the arguments of `suppress(…)`) includes ImportError.
bool takes_import_error(const SourceTree& tree, TokenRange head);

/// True if it includes ModuleNotFoundError and not ImportError: `from MODULE import NAME` raises the latter
/// if only the name is missing.
bool takes_missing_modules_only(const SourceTree& tree, TokenRange head);

/// True if the block ends with `raise` or by exiting the program, but not by skipping a test.
bool gives_up(const SourceTree& tree, const std::vector<Statement>& block);

/// True if a simple statement raises, exits the program or skips a test, so that what follows is not reached.
bool leaves(const SourceTree& tree, TokenRange statement);

/// The tests that a test combines with `and`, `or` and `not`.
std::vector<TokenRange> atoms_of(const SourceTree& tree, TokenRange test);

/// True if a test asks which devices or which system the machine has: `torch.cuda.is_available()`,
/// `sys.platform == "win32"`, or a name that the module binds to such a test.
bool asks_machine(const SourceTree& tree, TokenRange atom);

/// True for tests that fail whenever a module is imported on Linux: `__name__ == "__main__"`,
/// `sys.platform == "win32"`, `os.name == "nt"`.
bool fails_on_import(const SourceTree& tree, TokenRange test);

/// True for the dotted name of a base class that has no constructor: `Generic`, `abc.ABC`.
bool has_no_constructor(std::string_view base);

/// The dotted name of the only base class in the head of a `class` besides those; empty if there is none, or
/// anything else.
TokenRange only_base(const SourceTree& tree, TokenRange head);

/// True if the `with` head is contextlib.suppress with an import error.
bool suppresses_import_error(const SourceTree& tree, TokenRange head);

}  // namespace launch::pysource
