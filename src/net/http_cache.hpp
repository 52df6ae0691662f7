#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/disk.hpp"
#include "net/http.hpp"

namespace launch::net {

struct KeptResponse {
  HttpResponse response;
  std::chrono::system_clock::time_point stored;
};

/// Responses on disk, one file each, for one user. Safe under concurrent processes: files are written to a
/// temporary name and renamed, and each holds its body's digest. Damaged files count as missing; write
/// failures are ignored.
class HttpCache {
 public:
  HttpCache(std::filesystem::path folder, Disk& disk) : folder_(std::move(folder)), disk_(disk) {}

  /// Method, URL without credentials and fragment, range and Accept; equal for requests with the same answer.
  static std::string key_of(const HttpRequest& request);

  std::optional<KeptResponse> find(const HttpRequest& request) const;
  void keep(const HttpRequest& request, const HttpResponse& response,
            std::chrono::system_clock::time_point stored) const;
  void forget(const HttpRequest& request) const;

 private:
  std::filesystem::path file_of(const std::string& key) const;
  std::filesystem::path folder_;
  Disk& disk_;
};

}  // namespace launch::net
