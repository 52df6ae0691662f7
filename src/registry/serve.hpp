#pragma once

#include <map>
#include <string>

#include "base/digest.hpp"
#include "net/http_server.hpp"

namespace launch::registry {

/// A manifest or an index.
struct ServedManifest {
  std::string media_type;
  std::string text;
};

struct ServedBlob {
  std::string media_type;
  net::Body content;
};

/// What one repository offers.
struct ServedRepository {
  std::map<Digest, ServedManifest> manifests;
  std::map<std::string, Digest> tags;  ///< of some of the manifests
  std::map<Digest, ServedBlob> blobs;

  /// Adds a manifest under its digest, which it returns.
  Digest add(ServedManifest manifest);
};

/// By name: "launch/demo".
using ServedRepositories = std::map<std::string, ServedRepository>;

/// The answer of a read-only registry to a GET or HEAD request (OCI distribution specification 1.1): the
/// API's root, manifests, blobs, lists of tags, and referrers. What is not in the table does not exist.
net::ServedResponse answer(const ServedRepositories& repositories, const net::ServedRequest& request);

}  // namespace launch::registry
