#pragma once

#include <string>

#include "base/result.hpp"
#include "base/toml.hpp"
#include "project/lockfile.hpp"

namespace launch::project {

/// BaseImage::user for what an image's configuration says of its user; nullopt if that is not a user, perhaps
/// with a group, by name or number.
std::optional<std::string> base_user(const std::string& text);

/// A base image as locks name it: image, tag, digest, driver-floor, distribution and python; without the
/// digests of its platforms, which have a table of their own.
std::string write_base_image(const BaseImage& base);

/// Reads it, with the table of its platforms if there is one. Errors (input): image, tag or Python is
/// missing; a value of another form.
Result<BaseImage> read_base_image(const TomlTable& table);

}  // namespace launch::project
