#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "image/plan.hpp"
#include "net/body_source.hpp"

namespace launch::image {

/// A planned image as a tar, for engines that cannot pull it. It is an OCI layout, which keeps the digest,
/// and also has the manifest.json of docker's archives, whose paths are those of the layout's blobs: docker
/// before 25 knows nothing else. The blobs are read from the store, and their digests checked, while the tar
/// is read.
class ImageArchive {
 public:
  /// Errors: those of PlannedBlob::open and archive::parse_image.
  static Result<ImageArchive> of(const ImagePlan& plan);

  /// Bytes of the tar.
  std::uint64_t size() const { return size_; }
  /// Fills the buffer with the next bytes and returns their number, 0 at the end. Errors: a blob cannot be
  /// read; (environment): it is damaged, in which case its last bytes are not given out.
  Result<std::size_t> read(std::span<char> buffer);

 private:
  struct Part {
    net::Body body;
    std::string name = {};              ///< for messages
    std::optional<Digest> digest = {};  ///< nullopt: not checked
  };

  void add(net::Body body, std::string name = {}, std::optional<Digest> digest = {});
  void add_file(std::string path, net::Body content, std::string name = {},
                std::optional<Digest> digest = {});

  std::vector<Part> parts_;
  std::uint64_t size_ = 0;
  std::size_t at_ = 0;        ///< the part that is read
  std::uint64_t offset_ = 0;  ///< in it
  Sha256 hash_;               ///< of what was read of it
};

}  // namespace launch::image
