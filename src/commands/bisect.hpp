#pragma once

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/version_questions.hpp"
#include "probe/bisection.hpp"

namespace launch::commands {

/// Between which versions names came and went, with the commits that torch's wheels name. Errors: those of
/// ask_versions.
Result<probe::Bisection> bisect(VersionQuestion question, const Context& context);

}  // namespace launch::commands
