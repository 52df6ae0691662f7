#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "image/wheel_groups.hpp"
#include "specs/interpreter.hpp"
#include "store/store.hpp"

namespace launch::image {

/// Files of a package that are not installed, since those of a later one with other contents take their
/// place.
struct Overlap {
  std::string package;    ///< "small-tool 1.0"
  std::string by;         ///< "other-tool 2.0"
  std::size_t files = 0;  ///< at least one
  std::string first;      ///< "lib/python3.12/site-packages/small_tool.py", below the virtual environment
  /// "other-tool 2.0 replaces 1 file of small-tool 1.0: lib/python3.12/site-packages/small_tool.py"
  std::string text() const;
};

/// Compares the names of all files that wheels install, before anything is made of them, and returns what is
/// replaced, in the order of installation. `fetch` brings all wheels to their places in the store; it is
/// called if the store lacks one of them and does not know the answer yet. Errors: those of `fetch`; (input):
/// two wheels, named, have a file and a folder of one path; a wheel is malformed or is refused by
/// read_wheel_contents; (environment): a wheel cannot be read.
Result<std::vector<Overlap>> find_overlaps(const GroupedWheels& grouped, const specs::Interpreter& python,
                                           const store::Store& store,
                                           const std::function<Result<void>()>& fetch, Disk& disk);

/// Says what is replaced, a line for each pair of packages.
void warn_of_overlaps(const std::vector<Overlap>& overlaps, Reporter& reporter);

}  // namespace launch::image
