#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/requirement.hpp"

namespace launch::locking {

/// What a source archive needs to be built (PEP 518): `requires` of [build-system], or setuptools and wheel
/// if there is no such table; wheel as well where setuptools is named, which before 70.1 needs it. `file` is
/// the archive's name, for messages. Errors (unusable): not TOML, not requirements.
Result<std::vector<specs::Requirement>> build_requirements(const std::optional<std::string>& pyproject,
                                                           std::string_view file);

}  // namespace launch::locking
