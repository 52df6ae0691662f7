#pragma once

#include "base/result.hpp"
#include "commands/context.hpp"
#include "commands/version_questions.hpp"
#include "probe/matrix.hpp"

namespace launch::commands {

/// Which of a package's versions has which name. Errors: those of ask_versions.
Result<probe::Matrix> matrix(VersionQuestion question, const Context& context);

}  // namespace launch::commands
