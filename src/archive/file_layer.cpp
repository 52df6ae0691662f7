#include "archive/file_layer.hpp"

#include <utility>

#include <libdeflate.h>

#include "archive/layer_writer.hpp"

namespace launch::archive {
namespace {

/// Files up to this size are read once, larger ones twice.
constexpr std::uint64_t kMostKept = std::uint64_t{256} << 10;

/// Puts a layer together, with its digests.
class Digesting {
 public:
  explicit Digesting(std::span<const SteadyFile> sources) : sources_(sources) {}

  Result<void> add(TarMember member, const std::string& text, std::optional<std::size_t> source) {
    member.size = source ? sources_[*source].size() : text.size();
    tar_.update(tar_header(member));
    if (member.is_folder || !member.link.empty()) {
      writer_.folder(member);
    } else if (source) {
      TRY_ASSIGN(const auto crc32, add_content(sources_[*source]));
      writer_.stored_file(member, *source, crc32);
      TRY(catch_up());
    } else {
      tar_.update(text);
      writer_.text(member, text, Digest::of(text));
    }
    tar_.update(tar_padding(member.size));
    return {};
  }

  Result<FileLayer> finish() {
    tar_.update(writer_.finish_plain());
    TRY(catch_up());
    return FileLayer{writer_.take(), layer_.digest(), tar_.digest()};
  }

 private:
  /// Returns its CRC-32.
  Result<std::uint32_t> add_content(const SteadyFile& file) {
    std::uint32_t crc32 = 0;
    kept_.clear();
    TRY(file.read_all([&](std::string_view piece) -> Result<void> {
      tar_.update(piece);
      crc32 = libdeflate_crc32(crc32, piece.data(), piece.size());
      if (file.size() <= kMostKept) kept_ += piece;
      return {};
    }));
    return crc32;
  }

  /// The bytes of the layer since the last call; all of a source's are of the last one.
  Result<void> catch_up() {
    const auto& plan = writer_.plan();
    for (const auto& segment : segments_of(plan, done_, plan.size - done_)) {
      if (segment.wheel == LayerSegment::kLiteral) {
        layer_.update(bytes_of(plan, segment, {}));
      } else if (kept_.empty()) {
        block_.resize(segment.size);
        TRY(sources_[segment.wheel].read(segment.from, block_));
        layer_.update(block_);
      } else {
        layer_.update(std::string_view(kept_).substr(segment.from, segment.size));
      }
    }
    done_ = plan.size;
    return {};
  }

  std::span<const SteadyFile> sources_;
  LayerWriter writer_;
  Sha256 tar_;
  Sha256 layer_;
  std::uint64_t done_ = 0;  ///< bytes of the layer that its digest has
  std::string kept_;        ///< the last source's content; empty: too large
  std::string block_;
};

}  // namespace

Result<FileLayer> file_layer(std::span<const LayerMember> members, std::span<const SteadyFile> sources) {
  Digesting layer(sources);
  for (const auto& [member, text, source] : members) TRY(layer.add(member, text, source));
  return layer.finish();
}

Result<std::size_t> read_file_layer(const LayerPlan& plan, std::span<const SteadyFile> sources,
                                    std::uint64_t offset, std::span<char> buffer) {
  std::size_t done = 0;
  for (const auto& segment : segments_of(plan, offset, buffer.size())) {
    const auto place = buffer.subspan(done, segment.size);
    if (segment.wheel == LayerSegment::kLiteral) {
      bytes_of(plan, segment, {}).copy(place.data(), place.size());
    } else {
      TRY(sources[segment.wheel].read(segment.from, place));
    }
    done += segment.size;
  }
  return done;
}

}  // namespace launch::archive
