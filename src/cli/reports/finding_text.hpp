#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probe/findings.hpp"

namespace launch::cli {

/// A finding in one sentence, for formats whose readers have the place already: "torch.Gone: no
/// (torch/__init__.py of torch 2.3.1 has no Gone); also in torch.nn". Not made printable.
std::string finding_text(const probe::CheckReport& report, const probe::Finding& finding);

/// "no", "unknown", "no, but not needed", …
std::string standing_words(const probe::CheckReport& report, probe::Standing standing);

/// " on linux-aarch64" if a finding is not of all platforms; else empty.
std::string on_platforms(const probe::CheckReport& report, const probe::Finding& finding);

/// Where a name is instead, without a full stop: "also in torch.nn", "did you mean torch.extras?";
/// empty if nothing is known.
std::string advice_text(const probe::CheckReport& report, const probe::Finding& finding);

/// Which versions have a missing name: "torch has it up to 2.8.0", "no torch from 2.0.0 to 2.15.0 has it";
/// empty if nothing is known.
std::string history_text(const probe::CheckReport& report, const probe::Finding& finding);

/// Lines of the tests of versions or features that let a failing use run, though they should not.
std::vector<std::uint32_t> passed_gates(const probe::CheckReport& report, const probe::Finding& finding,
                                        std::size_t use);

/// True for what is only shown on request.
bool is_aside(probe::Standing standing);

}  // namespace launch::cli
