#pragma once

#include <string_view>

#include "base/result.hpp"
#include "specs/url.hpp"

namespace launch::index {

/// The same finding, but about bytes that came from outside: a failure of the environment, not of the user's
/// input.
Error as_world_error(const Error& error);
/// A zip that does not hold together (unusable), with its URL and a hint.
Error damaged_zip(const Error& error, const specs::Url& url);
/// "URL was replaced on its server while it was being read"
Error replaced_meanwhile(const specs::Url& url);
/// "URL answers 404, expected a part of the file (206)", with the hint that fits the status. Unusable if the
/// server refuses the file or does not have it (403, 404, 410), else of the environment.
Error unexpected_status(const specs::Url& url, int status, std::string_view expected);

}  // namespace launch::index
