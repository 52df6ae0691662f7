#pragma once

#include <string>

#include "resolve/conflict.hpp"

namespace launch::resolve {

/// The proof in English, one sentence per line, each following from those before it: "Because demo requires
/// a>=2 and a 2.0 requires b<1, demo requires b<1." A line that is referred to later ends with its number,
/// "(1)".
std::string explain(const Conflict& conflict);

}  // namespace launch::resolve
