#pragma once

#include <string>
#include <vector>

#include "specs/interpreter.hpp"

namespace launch::image {

/// A folder, link or file of a virtual environment.
struct VenvEntry {
  enum class Kind { folder, link, file };
  Kind kind = Kind::file;
  std::string path;  ///< below the environment: "bin/python3"
  std::string text;  ///< a link's target, a file's content
};

/// A bare virtual environment (PEP 405), as `python -m venv --without-pip` creates it, without activate
/// scripts; folders come before what is in them. `interpreter` is its base: "/python/bin/python3".
std::vector<VenvEntry> venv_entries(const specs::Interpreter& python, const std::string& interpreter);

}  // namespace launch::image
