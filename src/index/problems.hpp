#pragma once

#include <string_view>

#include "base/result.hpp"
#include "specs/url.hpp"

namespace launch::index {

/// The same error for bytes from outside: of kind environment instead of input.
Error as_environment_error(const Error& error);
/// Error (unusable) for an inconsistent zip, with its URL and a hint.
Error damaged_zip(const Error& error, const specs::Url& url);
/// "URL was replaced on its server while it was being read"
Error replaced_meanwhile(const specs::Url& url);
/// "URL returned 404, expected a part of the file (206)", with the hint for the status. Unusable if the
/// server refuses the file or does not have it (403, 404, 410), else of kind environment.
Error unexpected_status(const specs::Url& url, int status, std::string_view expected);

}  // namespace launch::index
