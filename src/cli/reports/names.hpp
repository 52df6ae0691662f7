#pragma once

#include <string>

#include "probe/source_tree.hpp"

namespace launch::cli {

/// "torch.nn.Module", "torch.nn" for a module, "torch.nn.Linear(bias=…)" for an argument.
std::string dotted_name(const pysource::Requirement& requirement);
/// The same, safe for a terminal.
std::string shown_name(const pysource::Requirement& requirement);

/// "src/train.py:12", safe for a terminal.
std::string shown_place(const probe::Use& use);

}  // namespace launch::cli
