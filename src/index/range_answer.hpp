#pragma once

#include <cstdint>
#include <optional>

#include "net/http.hpp"

namespace launch::index {

/// Checks that a 206 contains the requested range, or its part up to the end of the file, of a file of `size`
/// bytes (any size if unknown). Returns the file's length. Errors (environment).
Result<std::uint64_t> check_partial(const net::HttpResponse& response, const net::HttpRequest& request,
                                    std::optional<std::uint64_t> size);

}  // namespace launch::index
