#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "net/http.hpp"
#include "specs/metadata.hpp"

namespace launch::locking {

/// The metadata of a wheel on this machine, whose file has its own name. Errors: those of
/// IndexClient::metadata.
Result<specs::CoreMetadata> metadata_of_file(const std::filesystem::path& wheel, net::HttpClient& http);

}  // namespace launch::locking
