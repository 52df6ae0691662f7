#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace launch::net {

/// The bytes of a body, which need not be in memory. Immutable; thread-safe.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// In bytes.
  virtual std::uint64_t size() const = 0;
  /// Copies bytes from an offset; returns how many, 0 only at the end or for an empty buffer. Errors: the
  /// bytes cannot be read.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const = 0;
};

using Body = std::shared_ptr<const BodySource>;

Body body_of_text(std::string text);
/// A file, open as long as the body exists. Errors (environment): it cannot be read.
Result<Body> body_of_file(const std::filesystem::path& path);
/// `size` bytes of another body from an offset; cut to it.
Body body_part(Body whole, std::uint64_t offset, std::uint64_t size);

/// A body of that size that is opened when it is first read.
Body lazy_body(std::uint64_t size, std::function<Result<Body>()> open);

}  // namespace launch::net
