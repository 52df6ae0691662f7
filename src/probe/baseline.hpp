#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "base/result.hpp"

namespace launch::probe {

/// A failure that is known: a name in a file, on whatever lines.
struct KnownFailure {
  std::string name;  ///< as Requirement::text has it
  std::string file;  ///< as it is shown
  friend bool operator<(const KnownFailure& a, const KnownFailure& b) {
    return std::tie(a.file, a.name) < std::tie(b.file, b.name);
  }
  friend bool operator==(const KnownFailure&, const KnownFailure&) = default;
};

using Baseline = std::set<KnownFailure>;

/// The text of a baseline file: a JSON document with a failure a line, sorted.
std::string baseline_text(const Baseline& failures);

/// Errors (input): the text is not a baseline; `file` is named.
Result<Baseline> parse_baseline(std::string_view text, const std::string& file);

}  // namespace launch::probe
