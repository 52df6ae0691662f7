#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace launch::pysource {

/// From worst to best, so that `<` means worse.
enum class Verdict : std::uint8_t { no, unknown, yes };
std::string_view verdict_name(Verdict verdict);

/// Whether a wheel has a name, and why.
struct Answer {
  Verdict verdict = Verdict::unknown;
  std::string reason;  ///< "torch 2.3.1 has no module torch/distributed/pipelining"
};

}  // namespace launch::pysource
