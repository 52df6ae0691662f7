#pragma once

#include <string>
#include <vector>

#include "pysource/condition.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

// A constructor may refuse a feature that needs a newer version: `if self.fsdp_version == 2: if not NEW:
// raise`. Then methods need not ask again where they ask for the feature.

/// A test about something else than the packages, opaque, with what it asks for: its names, and whether they
/// are compared with literals.
Condition other_test(const SourceTree& tree, TokenRange test);

/// The gate for code behind `test`, if the constructor's gate is about the same feature; `test` is null if
/// not. It lets the code run if the constructor does; otherwise whether it runs is open.
Gate linked_gate(const Gate& constructor, const SourceTree& tree, TokenRange test);

}  // namespace launch::pysource
