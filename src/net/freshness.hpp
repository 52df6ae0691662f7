#pragma once

#include <chrono>

#include "net/http.hpp"

namespace launch::net {

// The part of RFC 9111 that a private cache of index pages needs. Ignores Vary: apart from Accept, which is
// part of the key, the program always sends the same headers; `Vary: *` is not cached.

/// True for responses that may be cached: 200 and 206; also 404 and 410, which are never fresh but may be
/// served offline.
bool may_be_kept(const HttpResponse& response);

/// True while a response stored at `stored` may be served without revalidation. `default_freshness` applies
/// to responses without a lifetime.
bool is_fresh(const HttpResponse& response, std::chrono::system_clock::time_point stored,
              std::chrono::system_clock::time_point now, std::chrono::seconds default_freshness);

/// If-None-Match and If-Modified-Since to revalidate a response; empty if it has no validators.
Headers revalidation_headers(const HttpResponse& response);

/// Updates a cached response from a 304 (RFC 9111, 3.2): replaces all headers but those of the body.
void renew(HttpResponse& kept, const HttpResponse& not_modified);

}  // namespace launch::net
