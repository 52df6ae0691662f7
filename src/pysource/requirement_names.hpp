#pragma once

#include <string>
#include <string_view>

#include "pysource/requirement.hpp"

namespace launch::pysource {

/// The top-level module: "torch" of "torch.nn".
std::string_view root_of(std::string_view module);
/// That of the module of a requirement.
std::string root_of(const Requirement& requirement);

/// True for the name itself and those below it: "torch.nn" of "torch", but not "torchvision".
bool is_or_below(std::string_view name, std::string_view ancestor);

/// True for `import MODULE` and `from MODULE import *`: it is the module itself that is needed.
bool is_module(const Requirement& requirement);
/// The name in full, or the module's: "torch.nn.Module", "torch.nn".
std::string full_name(const Requirement& requirement);
/// For people: "torch.nn.Module", "torch.nn" for a module, "torch.nn.Linear(bias=…)" for an argument.
std::string dotted_name(const Requirement& requirement);

/// True for a name that begins with a capital letter, behind underscores; of a dotted one the last part.
bool is_like_class(std::string_view name);

/// True if a part of the name is not ASCII. Python compares names in Unicode's NFKC, so the code may mean
/// another name than the one it spells: with U+FB02, the ligature "fl", it is float32 (language reference,
/// "Identifiers").
bool may_be_another(const Requirement& requirement);
/// Why it is then unknown whether the wheels have it.
constexpr std::string_view kMayBeAnother = "the name is not ASCII, and Python may read it as another";

}  // namespace launch::pysource
