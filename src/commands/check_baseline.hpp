#pragma once

#include <optional>

#include "base/result.hpp"
#include "commands/check.hpp"

namespace launch::commands {

/// The baseline of a request, if it has one. Errors: those of parse_baseline; (input) no such file.
Result<std::optional<probe::Baseline>> read_baseline(const CheckRequest& request, const Context& context);

/// Writes what fails to the file of the request, if it has one; from then on it is known. Errors: those of
/// write_file.
Result<void> write_baseline(const CheckRequest& request, probe::CheckReport& report, const Context& context);

}  // namespace launch::commands
