#pragma once

#include "base/result.hpp"
#include "image/plan.hpp"
#include "net/body_source.hpp"

namespace launch::image {

/// A planned image as a tar, for engines that cannot pull it. It is an OCI layout, which keeps the digest,
/// and also has the manifest.json of docker's archives, whose paths are those of the layout's blobs: docker
/// before 25 knows nothing else. Its layers are read from the store while the tar is read. Errors: those of
/// PlannedBlob::open and archive::parse_image.
Result<net::Body> image_archive(const ImagePlan& plan);

}  // namespace launch::image
