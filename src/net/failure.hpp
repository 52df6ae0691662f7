#pragma once

#include <curl/curl.h>

#include "net/wire.hpp"

namespace launch::net {

/// Describes libcurl's result in words. `text` is the content of its error buffer.
Failure explain(CURL* easy, CURLcode code, std::string_view text, const Wire::Settings& settings);

}  // namespace launch::net
