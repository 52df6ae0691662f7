#pragma once

#include <chrono>

#include "net/http.hpp"

namespace launch::net {

// The part of RFC 9111 that a private cache of index pages needs. Vary is not looked at: apart from Accept,
// which is part of the key, the program asks every time alike; `Vary: *` is not kept.

/// True for what may be kept: 200 and 206; 404 and 410, which are never fresh but may be told offline.
bool may_be_kept(const HttpResponse& response);

/// True while a response that came at `stored` may be given without asking. `default_freshness` is for those
/// that give no lifetime.
bool is_fresh(const HttpResponse& response, std::chrono::system_clock::time_point stored,
              std::chrono::system_clock::time_point now, std::chrono::seconds default_freshness);

/// If-None-Match and If-Modified-Since for asking whether a response still holds; empty when it has no
/// validators.
Headers revalidation_headers(const HttpResponse& response);

/// What a 304 says anew (RFC 9111, 3.2): its headers replace those of the kept response, the body's own
/// excepted.
void renew(HttpResponse& kept, const HttpResponse& not_modified);

}  // namespace launch::net
