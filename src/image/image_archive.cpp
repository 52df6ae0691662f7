#include "image/image_archive.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "archive/oci_image.hpp"
#include "archive/tar_header.hpp"
#include "archive/tree.hpp"
#include "image/own_layers.hpp"

namespace launch::image {

Result<ImageArchive> ImageArchive::of(const ImagePlan& plan) {
  TRY_ASSIGN(const auto image, archive::parse_image(plan.manifest, plan.config));
  ImageArchive tar;
  tar.add_file("oci-layout", net::body_of_text(archive::oci_layout_text()));
  for (const auto* folder : {"blobs", "blobs/sha256"}) {
    tar.add(net::body_of_text(
        archive::tar_header({.path = folder, .is_folder = true, .time = archive::kFileTime})));
  }
  for (const auto& each : plan.blobs) {
    TRY_ASSIGN(auto content, each.open());
    tar.add_file(archive::blob_path(each.blob.digest), std::move(content), each.name, each.blob.digest);
  }
  tar.add_file(archive::blob_path(plan.digest()), net::body_of_text(plan.manifest));
  const archive::IndexEntry entry{{std::string(archive::kManifestType), plan.digest(), plan.manifest.size()},
                                  image.os,
                                  image.architecture,
                                  image.variant};
  tar.add_file("index.json", net::body_of_text(archive::image_index_text({&entry, 1})));
  tar.add_file("manifest.json",
               net::body_of_text(archive::docker_archive_text(plan.image_id(), image.layers)));
  tar.add(net::body_of_text(archive::tar_end()));
  return tar;
}

void ImageArchive::add(net::Body body, std::string name, std::optional<Digest> digest) {
  size_ += body->size();
  parts_.push_back({std::move(body), std::move(name), std::move(digest)});
}

void ImageArchive::add_file(std::string path, net::Body content, std::string name,
                            std::optional<Digest> digest) {
  const auto size = content->size();
  add(net::body_of_text(
      archive::tar_header({.path = std::move(path), .size = size, .time = archive::kFileTime})));
  add(std::move(content), std::move(name), std::move(digest));
  add(net::body_of_text(archive::tar_padding(size)));
}

Result<std::size_t> ImageArchive::read(std::span<char> buffer) {
  while (at_ < parts_.size() && !buffer.empty()) {
    const auto& part = parts_[at_];
    std::size_t count = 0;
    if (offset_ < part.body->size()) {
      TRY_ASSIGN(count, part.body->read(offset_, buffer));
    }
    if (part.digest) hash_.update({buffer.data(), count});
    offset_ += count;
    if (offset_ >= part.body->size()) {
      if (part.digest) {
        const auto found = std::exchange(hash_, Sha256()).digest();
        if (found != *part.digest) {
          return fail(environment_error(fmt::format("{} is damaged in the store: expected {}, found {}",
                                                    part.name, part.digest->text(), found.text()))
                          .hint("run `launch store verify` to find what is damaged"));
        }
      }
      ++at_;
      offset_ = 0;
    } else if (count == 0) {
      return fail(environment_error(fmt::format("{} is shorter than its size", part.name)));
    }
    if (count > 0) return count;
  }
  return 0;
}

}  // namespace launch::image
