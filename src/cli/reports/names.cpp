#include "cli/reports/names.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {

std::string dotted_name(const pysource::Requirement& requirement) {
  auto name = requirement.module;
  if (!requirement.name.empty()) name += "." + requirement.name;
  if (requirement.tier == pysource::Tier::keyword) name += "(" + requirement.keyword + "=…)";
  return name;
}

std::string shown_name(const pysource::Requirement& requirement) {
  return printable(dotted_name(requirement));
}

std::string shown_place(const probe::Use& use) {
  return fmt::format("{}:{}", printable(use.file), use.line);
}

}  // namespace launch::cli
