#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "probe/bisection.hpp"
#include "probe/matrix.hpp"

namespace launch::cli {

/// Which rows a person sees.
enum class MatrixRows {
  all,
  telling,  ///< without the names that every version has, which are counted
};

/// A line for each name: "torch.nn:Module  yes since 2.6.0, no from 2.10.0". Without a newline at the end.
std::string matrix_text(const probe::Matrix& matrix, MatrixRows rows);
/// The document of `launch matrix --json` (docs/json.md).
std::string matrix_json(const probe::Matrix& matrix);
/// A page that needs nothing else.
std::string matrix_html(const probe::Matrix& matrix);

/// The stretches of each name with the changes between them. Without a newline at the end.
std::string bisect_text(const probe::Bisection& bisection);
/// The document of `launch bisect --json` (docs/json.md).
std::string bisect_json(const probe::Bisection& bisection);

/// "yes since 2.6.0, no from 2.10.0"; "yes" or "no" if it never changes. Of more than `most` stretches, the
/// first two and the last are spelled out, and the others counted.
std::string story_of(const probe::MatrixRow& row, const probe::Matrix& matrix,
                     std::size_t most = std::numeric_limits<std::size_t>::max());
/// "2.0.0 to 2.15.0", or one version, by places among the versions.
std::string span_of(const probe::Matrix& matrix, std::size_t first, std::size_t last);
/// "skipped 2.0.0 and 2.1.0: yanked", a line for each reason.
std::vector<std::string> skipped_versions(const std::vector<probe::SkippedVersion>& skipped);
/// What was asked, and what was not, a line each.
std::vector<std::string> asked_versions(const probe::Matrix& matrix);

}  // namespace launch::cli
