#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace launch::pysource {

enum class Verdict : std::uint8_t { yes, no, unknown };
std::string_view verdict_name(Verdict verdict);

/// Whether a wheel has what is asked for, and how that was found.
struct Answer {
  Verdict verdict = Verdict::unknown;
  std::string reason;  ///< "torch 2.3.1 has no module torch/distributed/pipelining"
};

}  // namespace launch::pysource
