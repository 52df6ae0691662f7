#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::pytorch {

/// The simple index of one part of the PyTorch channel: ("https://…/whl", "nightly", "cu128") →
/// "https://…/whl/nightly/cu128"; "stable" has no folder of its own. Errors (usage): another channel than
/// nightly, test and stable, or no such accelerator ("cu128", "cpu", "rocm6.3", "xpu").
Result<specs::Url> channel_index_url(const specs::Url& base, std::string_view channel,
                                     std::string_view accelerator);

/// "2025-06-06" of 2.8.0.dev20250606+cu128; nothing for a version that names no day.
std::optional<std::string> nightly_date(const specs::Version& version);

/// True when a version's local part is that accelerator's build, or names none ("+cu128", "+cu128.full",
/// "+git0d4682f0", "").
bool is_built_for(const specs::Version& version, std::string_view accelerator);

/// The same file on the channel's other host, where one may answer what the other refuses (403); nothing for
/// a URL that is on neither.
std::optional<specs::Url> on_other_host(const specs::Url& url);

}  // namespace launch::pytorch
