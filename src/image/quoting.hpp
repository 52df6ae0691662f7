#pragma once

#include <span>
#include <string>
#include <string_view>

#include "image/settings.hpp"

namespace launch::image {

/// One word of an instruction in which builders expand variables (ENV, LABEL, COPY, WORKDIR), in double
/// quotes if necessary, so that BuildKit's and buildah's parsers return `word`. It must not contain a
/// newline, which the format cannot express.
std::string dockerfile_word(std::string_view word);

/// The value of a variable for ENV, in which builders expand the variable itself and nothing else.
std::string dockerfile_value(const Variable& variable);

/// A path for COPY, where quoting a word does not protect its spaces: a string of the JSON form.
std::string dockerfile_copy_path(std::string_view path);

/// `RUN` in exec form (OCI format ignores SHELL) of a bash script that ends at the first failure. Its lines
/// are joined by the format's line continuation, so each must end where the script may continue, as after
/// ";".
std::string run_script(std::span<const std::string> lines);

}  // namespace launch::image
