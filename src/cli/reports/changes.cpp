#include "cli/reports/changes.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {

std::string to_fetch_text(const project::LockDiff& diff) {
  if (diff.to_fetch.empty()) return "nothing to fetch";
  const auto files = count_of(diff.to_fetch.size(), "file");
  if (diff.unknown_sizes == 0) return fmt::format("{} to fetch ({})", files, human_bytes(diff.bytes));
  if (diff.bytes == 0) return fmt::format("{} to fetch, of unknown size", files);
  return fmt::format("{} to fetch ({}, and {} of unknown size)", files, human_bytes(diff.bytes),
                     diff.unknown_sizes);
}

}  // namespace launch::cli
