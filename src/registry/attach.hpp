#pragma once

#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "net/http.hpp"
#include "registry/session.hpp"

namespace launch::registry {

/// A document about an image.
struct Attachment {
  std::string name;        ///< for people: "sbom.cdx.json"
  std::string media_type;  ///< "application/vnd.cyclonedx+json"
  std::string text;
};

/// What documents are about: a manifest or an index that the repository has.
struct Subject {
  std::string media_type;
  Digest digest;
  std::size_t size = 0;  ///< bytes of its text
};

/// Attaches documents to an image, each as an artifact that refers to it (OCI image specification 1.1,
/// "Guidelines for Artifact Usage"), so that the registry lists them as referrers. For a registry without
/// that list, the tag "sha256-HEX" lists them (distribution specification 1.1, "Referrers Tag Schema").
/// Attaching the same document again changes nothing. Returns the digests of the artifacts. Errors: those of
/// push.
Result<std::vector<Digest>> attach(const Place& place, const Access& access, const Subject& subject,
                                   const std::vector<Attachment>& attachments, net::HttpClient& http,
                                   const Work& work);

/// The manifest of such an artifact.
std::string artifact_text(const Subject& subject, const Attachment& attachment);

}  // namespace launch::registry
