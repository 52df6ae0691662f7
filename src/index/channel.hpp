#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "index/simple_page.hpp"
#include "net/http.hpp"
#include "python/tag.hpp"
#include "python/version.hpp"

namespace launch::index {

/// The simple index of one part of the PyTorch channel: ("https://…/whl", "nightly", "cu128") →
/// "https://…/whl/nightly/cu128"; "stable" has no folder of its own. Errors (usage): another channel than
/// nightly, test and stable, or no such accelerator ("cu128", "cpu", "rocm6.3", "xpu").
Result<std::string> channel_index_url(std::string_view base, std::string_view channel,
                                      std::string_view accelerator);

/// "2025-06-06" of 2.8.0.dev20250606+cu128; nothing for a version that names no day.
std::optional<std::string> nightly_date(const python::Version& version);

/// True when a version's local part is that accelerator's build, or names none ("+cu128", "+git0d4682f0",
/// "").
bool is_built_for(const python::Version& version, std::string_view accelerator);

/// The wheels of one version that came out on one day.
struct Nightly {
  python::Version version;
  std::vector<IndexFile> wheels;
};
/// Which days a project's page has a wheel of for an accelerator and one of the tags, newest last; the day's
/// highest version where there are several. Yanked files and those without a day are left out.
std::map<std::string, Nightly> nightlies(const ProjectPage& page, std::string_view accelerator,
                                         const std::vector<python::Tag>& supported);

/// The same file on the channel's other host, where one may answer what the other refuses (403); nothing for
/// a URL that is on neither.
std::optional<std::string> on_other_host(std::string_view url);

/// The sha256 that the channel's storage says a file has (x-amz-meta-checksum-sha256, set at upload since
/// 2025): a hint to notice drift by, never a digest to rely on. Nothing when it says none. Errors (world): no
/// answer.
Result<std::optional<std::string>> claimed_sha256(net::HttpClient& http, const std::string& url);

}  // namespace launch::index
