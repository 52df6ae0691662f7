#pragma once

#include <curl/curl.h>

#include "net/http.hpp"
#include "net/network_settings.hpp"

namespace launch::net {

/// Sets the certificates that a transfer trusts and shows: the machine's, and those of `trust`, if any.
void set_up_trust(CURL* easy, const Trust* trust, const NetworkSettings& network);

}  // namespace launch::net
