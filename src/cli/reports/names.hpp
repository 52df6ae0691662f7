#pragma once

#include <string>

#include "probe/source_tree.hpp"

namespace launch::cli {

/// pysource::dotted_name, safe for a terminal.
std::string shown_name(const pysource::Requirement& requirement);

/// "src/train.py:12", safe for a terminal.
std::string shown_place(const probe::Use& use);

}  // namespace launch::cli
