#pragma once

#include <string_view>
#include <vector>

namespace launch::pysource {

/// True for the token of an f-string or t-string.
bool has_fields(std::string_view token);

/// The expressions in the replacement fields of an f-string or t-string (PEP 701, PEP 750), also in those of
/// format specifications: `{x!r}`, `{x = :>{width}}`. The first 256 of the first 64 KiB.
std::vector<std::string_view> fields_of(std::string_view token);

}  // namespace launch::pysource
