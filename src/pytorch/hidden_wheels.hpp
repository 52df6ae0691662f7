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

/// Where the file of a wheel is to be had that its channel's page no longer shows: nightlies leave the pages
/// after about 60 days, their files mostly stay.
struct HiddenWheel {
  std::optional<specs::Url> url;  ///< none: it is gone
  std::vector<specs::Url> asked;
};

/// Asks for many wheels side by side: each at the URL that is known, else beside the pages of
/// `channel_index` ("…/nightly/cu128"), where the channel keeps the files of this build and, one folder up,
/// those of all builds. Answers in the order of the wheels. Errors (environment): a server does not answer,
/// or says neither yes nor no.
Result<std::vector<HiddenWheel>> find_hidden(net::HttpClient& http, const specs::Url& channel_index,
                                             std::span<const PublishedWheel> wheels);

}  // namespace launch::pytorch
