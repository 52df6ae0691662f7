#include "image/image_archive.hpp"

#include <string>
#include <utility>
#include <vector>

#include "archive/oci_image.hpp"
#include "archive/tar_header.hpp"
#include "image/own_layers.hpp"

namespace launch::image {
namespace {

/// Collects the members of a tar.
class Members {
 public:
  void add_folder(std::string path) {
    parts_.push_back(net::body_of_text(
        archive::tar_header({.path = std::move(path), .is_folder = true, .time = kFileTime})));
  }

  void add(std::string path, net::Body content) {
    const auto size = content->size();
    parts_.push_back(
        net::body_of_text(archive::tar_header({.path = std::move(path), .size = size, .time = kFileTime})));
    parts_.push_back(std::move(content));
    parts_.push_back(net::body_of_text(archive::tar_padding(size)));
  }

  net::Body finish() && {
    parts_.push_back(net::body_of_text(archive::tar_end()));
    return net::body_of_parts(std::move(parts_));
  }

 private:
  std::vector<net::Body> parts_;
};

}  // namespace

Result<net::Body> image_archive(const ImagePlan& plan) {
  TRY_ASSIGN(const auto image, archive::parse_image(plan.manifest, plan.config));
  Members members;
  members.add("oci-layout", net::body_of_text(archive::oci_layout_text()));
  members.add_folder("blobs");
  members.add_folder("blobs/sha256");
  for (const auto& each : plan.blobs) {
    TRY_ASSIGN(auto content, each.open());
    members.add(archive::blob_path(each.blob.digest), std::move(content));
  }
  members.add(archive::blob_path(plan.digest()), net::body_of_text(plan.manifest));
  const archive::IndexEntry entry{{std::string(archive::kManifestType), plan.digest(), plan.manifest.size()},
                                  image.os,
                                  image.architecture,
                                  image.variant};
  members.add("index.json", net::body_of_text(archive::image_index_text({&entry, 1})));
  members.add("manifest.json",
              net::body_of_text(archive::docker_archive_text(plan.image_id(), image.layers)));
  return std::move(members).finish();
}

}  // namespace launch::image
