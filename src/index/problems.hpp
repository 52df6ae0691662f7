#pragma once

#include <string_view>

#include "base/result.hpp"

namespace launch::index {

/// The same finding, but about bytes that came from outside: the world's failure, not the user's.
Error as_world_error(const Error& error);
/// A zip that does not hold together, with its URL and a hint.
Error damaged_zip(const Error& error, std::string_view url);
/// "URL was replaced on its server while it was being read"
Error replaced_meanwhile(std::string_view url);
/// "URL answers 404, expected a part of the file (206)", with the hint that fits the status.
Error unexpected_status(std::string_view url, int status, std::string_view expected);

}  // namespace launch::index
