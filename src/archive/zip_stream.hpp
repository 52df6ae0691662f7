#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "archive/zip.hpp"
#include "base/result.hpp"

namespace launch::archive {

/// Takes the next piece of a content; false: no more of it is wanted.
using TakePiece = std::function<bool(std::string_view piece)>;

/// Reads entries of zips piece by piece, so that an entry of any size takes little memory. For one thread.
class EntryReader {
 public:
  EntryReader();
  ~EntryReader();
  EntryReader(EntryReader&&) noexcept;
  EntryReader& operator=(EntryReader&&) noexcept;

  /// Hands the content of an entry to `take`, at most 256 KiB at a time. Size and CRC-32 are checked at its
  /// end, unless `take` wanted no more. Errors (input).
  Result<void> read(const ZipEntry& entry, std::string_view compressed, const TakePiece& take);

 private:
  Result<void> inflate(const ZipEntry& entry, std::string_view compressed, const TakePiece& take);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace launch::archive
