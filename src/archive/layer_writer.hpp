#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/estargz.hpp"
#include "archive/layer.hpp"
#include "archive/zip.hpp"
#include "base/digest.hpp"

namespace launch::archive {

/// Puts a layer together, member by member.
class LayerWriter {
 public:
  /// A folder, or anything else without content.
  void folder(const TarMember& member);
  /// A file with this content.
  void text(const TarMember& member, std::string_view content, const Digest& digest);
  /// A file with the content of an entry, whose compressed bytes begin at `from` in the wheel.
  void entry(const TarMember& member, const ZipEntry& entry, std::size_t wheel, std::uint64_t from,
             const Digest& digest);
  /// A file whose content is a whole source, which takes the place of a wheel.
  void stored_file(const TarMember& member, std::size_t source, std::uint32_t crc32);
  /// What ends a layer.
  struct End {
    std::string member;  ///< the last bytes of the tar: the table of contents, and its end
    Digest toc;
  };
  /// The table of contents and the end, after all members.
  End finish();
  /// The end without a table of contents, after all members. Returns the last bytes of the tar.
  std::string finish_plain();

  /// What is written so far.
  const LayerPlan& plan() const { return plan_; }
  LayerPlan take() { return std::move(plan_); }

 private:
  void begin(const TarMember& member, const Digest* digest);
  /// Writes what is pending of the tar as a member of its own.
  void flush();
  void literal(std::string_view bytes);
  void from_wheel(std::size_t wheel, std::uint64_t from, std::uint64_t size);
  void stored(std::size_t wheel, std::uint64_t from, std::uint64_t size);

  LayerPlan plan_;
  std::string pending_;  ///< of the tar: headers and padding
  std::vector<TocEntry> toc_;
};

}  // namespace launch::archive
