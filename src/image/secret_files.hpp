#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace launch::image {

/// True for a file that looks like a secret: by its name (.env, id_rsa, .netrc, …), by its content (a private
/// key, the key of a service account), or by both (an .npmrc with a token). `path` is its path in the
/// project, `source` what to read; a link is judged by its name alone. Errors (environment): it cannot be
/// read.
Result<bool> looks_like_secret(std::string_view path, const std::filesystem::path& source);

}  // namespace launch::image
