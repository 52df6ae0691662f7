#pragma once

#include <string>

#include "probe/source_tree.hpp"

namespace launch::cli {

/// "torch.nn:Module", and "torch.nn" for a module itself, fit for a terminal.
std::string shown_name(const pysource::Requirement& requirement);

/// "src/train.py:12", fit for a terminal.
std::string shown_place(const probe::Use& use);

}  // namespace launch::cli
