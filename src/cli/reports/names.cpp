#include "cli/reports/names.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::cli {

std::string shown_name(const pysource::Requirement& requirement) {
  return printable(pysource::dotted_name(requirement));
}

std::string shown_place(const probe::Use& use) {
  return fmt::format("{}:{}", printable(use.file), use.line);
}

}  // namespace launch::cli
