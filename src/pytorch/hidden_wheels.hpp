#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"
#include "specs/url.hpp"

namespace launch::pytorch {

/// A wheel that a channel has published.
struct PublishedWheel {
  std::string file_name;
  std::optional<specs::Url> url;  ///< where it was, when that is known
};

/// Where to get the file of a wheel that the channel's page no longer lists: nightlies leave the pages after
/// about 60 days, but most files stay.
struct HiddenWheel {
  std::optional<specs::Url> url;  ///< nullopt: no longer available
  std::vector<specs::Url> asked;
};

/// Looks for many wheels in parallel: each at its known URL, else next to the pages of `channel_index`
/// ("…/nightly/cu128"), where the channel keeps the files of this build and, one folder up, those of all
/// builds. Answers in the order of the wheels. Errors (environment): a server does not answer, or its answer
/// is neither yes nor no.
Result<std::vector<HiddenWheel>> find_hidden(net::HttpClient& http, const specs::Url& channel_index,
                                             std::span<const PublishedWheel> wheels);

}  // namespace launch::pytorch
