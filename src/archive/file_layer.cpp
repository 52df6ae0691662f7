#include "archive/file_layer.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include "archive/layer_writer.hpp"

namespace launch::archive {
namespace {

/// Incremented when the same members and contents give other bytes.
constexpr int kVersion = 1;

TarMember member_of(const LayerMember& each, const LayerSources& sources) {
  auto member = each.member;
  member.size = each.source ? sources.files[*each.source].size() : each.content.size();
  return member;
}

void write(LayerWriter& writer, const LayerMember& each, const LayerSources& sources) {
  const auto member = member_of(each, sources);
  if (member.is_folder || !member.link.empty()) {
    writer.folder(member);
  } else if (each.source) {
    writer.stored_file(member, *each.source, sources.sums[*each.source].crc32);
  } else {
    writer.text(member, each.content, Digest::of(each.content));
  }
}

/// The digests of a layer while it is put together.
class Digesting {
 public:
  explicit Digesting(const LayerSources& sources) : sources_(sources) {}

  Result<void> add(const LayerMember& each) {
    const auto member = member_of(each, sources_);
    tar_.update(tar_header(member));
    write(writer_, each, sources_);
    if (each.source) {
      TRY(sources_.files[*each.source].read_all([&](std::string_view piece) -> Result<void> {
        tar_.update(piece);
        hash_up_to(piece);
        return {};
      }));
      hash_literals();
    } else {
      tar_.update(each.content);
    }
    tar_.update(tar_padding(member.size));
    return {};
  }

  FileLayerFacts finish() {
    tar_.update(writer_.finish_plain());
    hash_literals();
    const auto& plan = writer_.plan();
    return {layer_.digest(), tar_.digest(), plan.size, plan.tar_size};
  }

 private:
  /// The bytes of the layer up to the end of the next ones of its source.
  void hash_up_to(std::string_view content) {
    const auto& plan = writer_.plan();
    while (!content.empty()) {
      for (const auto& segment : segments_of(plan, done_, content.size())) {
        done_ += segment.size;
        if (segment.wheel == LayerSegment::kLiteral) {
          layer_.update(bytes_of(plan, segment, {}));
        } else {
          layer_.update(content.substr(0, segment.size));
          content.remove_prefix(segment.size);
        }
      }
    }
  }

  /// The rest, in which no source has any.
  void hash_literals() {
    const auto& plan = writer_.plan();
    for (const auto& segment : segments_of(plan, done_, plan.size - done_))
      layer_.update(bytes_of(plan, segment, {}));
    done_ = plan.size;
  }

  const LayerSources& sources_;
  LayerWriter writer_;
  Sha256 tar_;
  Sha256 layer_;
  std::uint64_t done_ = 0;  ///< bytes of the layer that its digest has
};

}  // namespace

Result<FileSums> sums_of(const SteadyFile& file, const std::function<void(std::string_view)>& take) {
  Sha256 sha256;
  std::uint32_t crc32 = 0;
  TRY(file.read_all([&](std::string_view piece) -> Result<void> {
    sha256.update(piece);
    crc32 = libdeflate_crc32(crc32, piece.data(), piece.size());
    take(piece);
    return {};
  }));
  return FileSums{sha256.digest(), crc32};
}

LayerPlan plan_file_layer(std::span<const LayerMember> members, const LayerSources& sources) {
  LayerWriter writer;
  for (const auto& each : members) write(writer, each, sources);
  writer.finish_plain();
  return writer.take();
}

Result<FileLayerFacts> digest_file_layer(std::span<const LayerMember> members, const LayerSources& sources) {
  Digesting layer(sources);
  for (const auto& each : members) TRY(layer.add(each));
  return layer.finish();
}

Digest file_layer_key(std::span<const LayerMember> members, const LayerSources& sources) {
  Sha256 key;
  key.update(fmt::format("launch file layer {}\n", kVersion));
  for (const auto& each : members) {
    key.update(tar_header(member_of(each, sources)));
    key.update(each.source ? sources.sums[*each.source].sha256.hex() : Digest::of(each.content).hex());
  }
  return key.digest();
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
