#include "archive/layer_writer.hpp"

#include <algorithm>

#include "archive/deflate.hpp"
#include "archive/gzip.hpp"

namespace launch::archive {
namespace {

std::string toc_member(std::string_view toc) {
  std::string out = tar_header({.path = std::string(kTocName), .size = toc.size()});
  out += toc;
  return out + tar_padding(toc.size()) + tar_end();
}

}  // namespace

void LayerWriter::begin(const TarMember& member, const Digest* digest) {
  const auto header = tar_header(member);
  pending_ += header;
  plan_.tar_size += header.size() + member.size + tar_padding(member.size).size();
  TocEntry entry{.member = member};
  if (digest != nullptr) entry.digest = *digest;
  if (member.size > 0) {
    flush();
    entry.offset = plan_.size;
  }
  toc_.push_back(std::move(entry));
}

void LayerWriter::folder(const TarMember& member) {
  begin(member, nullptr);
}

void LayerWriter::text(const TarMember& member, std::string_view content, const Digest& digest) {
  begin(member, &digest);
  if (!content.empty()) literal(gzip_member(content));
  pending_ += tar_padding(member.size);
}

void LayerWriter::entry(const TarMember& member, const ZipEntry& entry, std::size_t wheel, std::uint64_t from,
                        const Digest& digest) {
  begin(member, &digest);
  if (entry.size > 0) {
    literal(kGzipHeader);
    if (entry.is_deflated()) {
      from_wheel(wheel, from, entry.compressed_size);
    } else {
      stored(wheel, from, entry.size);
    }
    literal(gzip_trailer(entry.crc32, entry.size));
  }
  pending_ += tar_padding(member.size);
}

void LayerWriter::stored_file(const TarMember& member, std::size_t source, std::uint32_t crc32) {
  begin(member, nullptr);
  if (member.size > 0) {
    literal(kGzipHeader);
    stored(source, 0, member.size);
    literal(gzip_trailer(crc32, member.size));
  }
  pending_ += tar_padding(member.size);
}

std::string LayerWriter::finish_plain() {
  auto end = tar_end();
  plan_.tar_size += end.size();
  pending_ += end;
  flush();
  return end;
}

LayerWriter::End LayerWriter::finish() {
  flush();
  const auto offset = plan_.size;
  const auto toc = toc_text(toc_);
  auto member = toc_member(toc);
  plan_.tar_size += member.size();
  literal(gzip_member(member));
  literal(toc_footer(offset));
  return {std::move(member), Digest::of(toc)};
}

void LayerWriter::flush() {
  if (pending_.empty()) return;
  literal(gzip_member(pending_));
  pending_.clear();
}

void LayerWriter::literal(std::string_view bytes) {
  auto& segments = plan_.segments;
  // Literals lie in their own order, so that neighbours are one segment.
  if (segments.empty() || segments.back().wheel != LayerSegment::kLiteral) {
    segments.push_back({.from = plan_.literals.size(), .offset = plan_.size});
  }
  segments.back().size += bytes.size();
  plan_.literals += bytes;
  plan_.size += bytes.size();
}

void LayerWriter::from_wheel(std::size_t wheel, std::uint64_t from, std::uint64_t size) {
  plan_.segments.push_back({wheel, from, size, plan_.size});
  plan_.size += size;
}

void LayerWriter::stored(std::size_t wheel, std::uint64_t from, std::uint64_t size) {
  while (size > 0) {
    const auto block = std::min<std::uint64_t>(size, kStoredBlock);
    literal(stored_block_header(block, block == size));
    from_wheel(wheel, from, block);
    from += block;
    size -= block;
  }
}

}  // namespace launch::archive
