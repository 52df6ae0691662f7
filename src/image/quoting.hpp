#pragma once

#include <span>
#include <string>
#include <string_view>

namespace launch::image {

/// One word of an instruction in which builders replace variables (ENV, LABEL, COPY, WORKDIR), in double
/// quotes where it needs them: what comes out of BuildKit's and buildah's readers is `word` again. It must
/// not hold a newline, which the format cannot express.
std::string dockerfile_word(std::string_view word);

/// A path of COPY, where quotes around a word do not keep its spaces together: one string of the JSON form.
std::string dockerfile_copy_path(std::string_view path);

/// `RUN` in exec form (SHELL is ignored in OCI format) of a bash script that ends at the first failure. Its
/// lines are kept as lines, joined by the format's continuation; each must end where the script may go on, as
/// after ";".
std::string run_script(std::span<const std::string> lines);

}  // namespace launch::image
