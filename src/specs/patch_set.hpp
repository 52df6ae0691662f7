#pragma once

#include <bitset>
#include <set>
#include <string>

#include "specs/interpreter.hpp"
#include "specs/marker.hpp"
#include "specs/specifier.hpp"

namespace launch::specs {

/// Patch releases of one minor version of Python ("3.12"): bit N is 3.12.N, and the last bit stands for all
/// later ones as well.
using PatchSet = std::bitset<64>;

/// Those that a Requires-Python allows.
PatchSet patches_allowed(const SpecifierSet& requires_python, const Interpreter& python);

/// Those for which a marker holds, in an environment whose python_full_version is replaced.
PatchSet patches_where(const Marker& marker, const MarkerEnvironment& environment,
                       const std::set<std::string>& extras = {});

/// A marker that holds for exactly these: `python_full_version < "3.12.4"`; "" if it is all of them.
std::string patches_marker(const PatchSet& patches, const Interpreter& python);

/// The clauses that allow exactly these: ">=3.12.4,!=3.12.6"; "" if it is all of them.
std::string patches_specifier(const PatchSet& patches, const Interpreter& python);

}  // namespace launch::specs
