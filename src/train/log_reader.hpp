#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace launch::train {

/// Passes on the lines of a log, without their newlines, as long as `grows` returns true; then the rest, and
/// returns. A missing file has no lines. Returns early when a stop is requested. Errors (environment): it
/// cannot be read.
Result<void> read_log(const std::filesystem::path& file, const std::function<bool()>& grows, Clock& clock,
                      const std::stop_token& stop, const std::function<void(std::string_view)>& on_line);

/// A rank as the user writes it: "3", or "1.3" with its node.
struct RankName {
  std::optional<int> node;
  int rank = 0;
};
/// Errors (input): anything else.
Result<RankName> parse_rank(std::string_view text);

}  // namespace launch::train
