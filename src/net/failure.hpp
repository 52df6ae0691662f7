#pragma once

#include <curl/curl.h>

#include "net/wire.hpp"

namespace launch::net {

/// Puts libcurl's result into words. `text` is what it left in its error buffer.
Failure explain(CURL* easy, CURLcode code, std::string_view text, const Wire::Settings& settings);

}  // namespace launch::net
