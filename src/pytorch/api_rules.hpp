#pragma once

#include <string_view>

#include "base/result.hpp"
#include "pysource/api_rules.hpp"

namespace launch::pytorch {

/// How torch's names come into being, for pysource's resolver: data/python_names.tsv,
/// data/hand_made_operators.tsv, and files in torch's wheel.
const pysource::ApiRules& api_rules();

/// Errors (input): an invalid row.
Result<pysource::ApiRules> read_api_rules(std::string_view names, std::string_view operators);

/// The operators in native_functions.yaml with their parameters: "add.Tensor" to "self", "other", "alpha".
pysource::NameList read_native_functions(std::string_view content);

/// The dtypes in ScalarType.h: "torch:float32".
pysource::NameList read_scalar_types(std::string_view content);

/// Identifiers at the ends of a shared library's strings, each reversed: linkers share ends of strings.
pysource::NameList read_identifiers(std::string_view content);

}  // namespace launch::pytorch
