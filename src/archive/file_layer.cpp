#include "archive/file_layer.hpp"

#include <libdeflate.h>

#include "archive/layer_writer.hpp"

namespace launch::archive {

FileLayer file_layer(std::span<const LayerMember> members, std::span<const std::string_view> sources) {
  LayerWriter writer;
  Sha256 tar;
  for (const auto& [given, text, source] : members) {
    auto member = given;
    const std::string_view content = source ? sources[*source] : std::string_view(text);
    member.size = content.size();
    tar.update(tar_header(member));
    tar.update(content);
    tar.update(tar_padding(content.size()));
    if (member.is_folder || !member.link.empty()) {
      writer.folder(member);
    } else if (source) {
      writer.stored_file(member, *source, libdeflate_crc32(0, content.data(), content.size()));
    } else {
      writer.text(member, content, Digest::of(content));
    }
  }
  tar.update(writer.finish_plain());
  auto plan = writer.take();
  Sha256 layer;
  for (const auto& segment : plan.segments) layer.update(bytes_of(plan, segment, sources));
  return {std::move(plan), layer.digest(), tar.digest()};
}

}  // namespace launch::archive
