#pragma once

#include <string>

#include "commands/lock.hpp"

namespace launch::cli {

/// What `launch lock --explain` prints, without a newline at the end: for a person, and as its JSON document
/// (docs/json.md).
std::string explanation_text(const commands::ExplainDocument& document);
std::string explanation_json(const commands::ExplainDocument& document);

}  // namespace launch::cli
