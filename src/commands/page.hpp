#pragma once

#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

/// Writes a page that a report made; `file` is relative to the working folder. Errors (environment).
Result<void> write_page(const std::string& file, const std::string& html, const Context& context);

}  // namespace launch::commands
