#pragma once

#include <string>
#include <string_view>

namespace launch::specs {

/// PEP 503: lower case, runs of "-", "_" and "." become one "-".
std::string normalize_name(std::string_view name);
/// PEP 508: letters and digits, with ".", "_" and "-" only between them.
bool is_valid_name(std::string_view name);

}  // namespace launch::specs
