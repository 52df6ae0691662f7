#pragma once

#include <cstdint>
#include <optional>

#include "net/http.hpp"

namespace launch::index {

/// Checks that a 206 holds the range that was asked for, or its part up to the file's end, of a file of
/// `size` bytes (any, when that is not known). Returns the file's length. Errors (environment).
Result<std::uint64_t> check_partial(const net::HttpResponse& response, const net::HttpRequest& request,
                                    std::optional<std::uint64_t> size);

}  // namespace launch::index
