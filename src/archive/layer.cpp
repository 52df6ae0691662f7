#include "archive/layer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "archive/estargz.hpp"
#include "archive/installation.hpp"
#include "archive/layer_writer.hpp"
#include "archive/tar_header.hpp"
#include "archive/zip_stream.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

Error stopped() {
  return environment_error("stopped while making a layer");
}

TarMember member_of(const LayerFile& file, const LayerSpec& spec) {
  return {file.path, file.is_folder, file.executable, file.size, spec.time};
}

/// The text of a RECORD. `digests` are those of all files, in the tree's order.
std::string text_of(const LayerRecord& record, const LayerTree& tree, std::span<const Digest> digests) {
  std::vector<RecordRow> rows;
  for (std::size_t i = 0; i < tree.files.size(); ++i) {
    const auto& file = tree.files[i];
    if (file.is_folder || file.path == kNoPrefetch || file.wheel != record.wheel) continue;
    rows.push_back({record_path(file.path, tree.site_packages), record_digest(digests[i]), file.size});
  }
  for (const auto& file : tree.replaced) {
    if (file.wheel != record.wheel) continue;
    rows.push_back({record_path(file.path, tree.site_packages), record_digest(file.digest), file.size});
  }
  rows.push_back({record_path(record.path, tree.site_packages), "", std::nullopt});
  return record_text(std::move(rows));
}

/// One digest for each member of the tree, of nothing for folders. `files` are those of the wheels' entries.
Result<std::vector<Digest>> all_digests(const LayerTree& tree, std::span<const Digest> files) {
  const auto wanted = std::count_if(tree.files.begin(), tree.files.end(),
                                    [](const LayerFile& file) { return file.entry.has_value(); });
  if (static_cast<std::size_t>(wanted) != files.size()) {
    return fail(input_error(fmt::format("a layer of {} was given the digests of {}",
                                        count_of(static_cast<std::size_t>(wanted), "file"), files.size())));
  }
  std::vector<Digest> all;
  all.reserve(tree.files.size());
  for (const auto& file : tree.files) {
    if (file.entry) {
      all.push_back(files.front());
      files = files.subspan(1);
    } else {
      all.push_back(Digest::of(file.content));
    }
  }
  return all;
}

/// A layer and the tar's bytes that are not in the wheels: the records and the table of contents.
struct Written {
  LayerPlan plan;
  std::string tail;
  Digest toc;
};

Result<Written> write_layer(const LayerTree& tree, std::span<const ZipFile> wheels, const LayerSpec& spec,
                            std::span<const Digest> files) {
  TRY_ASSIGN(const auto digests, all_digests(tree, files));
  LayerWriter writer;
  for (std::size_t i = 0; i < tree.files.size(); ++i) {
    const auto& file = tree.files[i];
    const auto member = member_of(file, spec);
    if (file.is_folder) {
      writer.folder(member);
    } else if (file.entry) {
      const auto& zip = wheels[file.wheel];
      const auto& entry = zip.entries()[*file.entry];
      TRY_ASSIGN(const auto compressed, during(zip.compressed(entry), [&] { return layer_step(zip); }));
      writer.entry(member, entry, file.wheel, zip.offset_of(compressed), digests[i]);
    } else {
      writer.text(member, file.content, digests[i]);
    }
  }
  std::string tail;
  for (const auto& record : tree.records) {
    const auto text = text_of(record, tree, digests);
    const TarMember member{.path = record.path, .size = text.size(), .time = spec.time};
    writer.text(member, text, Digest::of(text));
    tail += tar_header(member) + text + tar_padding(text.size());
  }
  auto end = writer.finish();
  return Written{writer.take(), tail + end.member, std::move(end.toc)};
}

/// Hashes the tar of a layer and the files in it.
class ContentReader {
 public:
  ContentReader(std::span<const ZipFile> wheels, const LayerSpec& spec, const OnRead& on_read)
      : wheels_(wheels), spec_(spec), on_read_(on_read) {}

  Result<void> add(const LayerFile& file) {
    tar_.update(tar_header(member_of(file, spec_)));
    if (file.entry) {
      TRY(add_entry(wheels_[file.wheel], *file.entry));
    } else {
      tar_.update(file.content);
    }
    tar_.update(tar_padding(file.size));
    return {};
  }
  std::vector<Digest> files() { return std::move(files_); }
  Digest tar(std::string_view tail) {
    tar_.update(tail);
    return tar_.digest();
  }

 private:
  Result<void> add_entry(const ZipFile& zip, std::size_t index) {
    const auto& entry = zip.entries()[index];
    const auto step = [&] { return layer_step(zip); };
    TRY_ASSIGN(const auto compressed, during(zip.compressed(entry), step));
    Sha256 file;
    bool stop = false;
    const auto on_piece = [&](std::string_view piece) {
      file.update(piece);
      tar_.update(piece);
      stop = !on_read_(piece.size());
      return !stop;
    };
    TRY(during(reader_.read(entry, compressed, on_piece), step));
    if (stop) return fail(stopped());
    files_.push_back(file.digest());
    return {};
  }

  std::span<const ZipFile> wheels_;
  const LayerSpec& spec_;
  const OnRead& on_read_;
  EntryReader reader_;
  Sha256 tar_;
  std::vector<Digest> files_;
};

Result<Digest> digest_bytes(const LayerPlan& plan, std::span<const ZipFile> wheels, const OnRead& on_read) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<std::string_view> bytes;
  for (const auto& zip : wheels) bytes.push_back(zip.bytes());
  Sha256 layer;
  for (const auto& segment : plan.segments) {
    for (auto rest = bytes_of(plan, segment, bytes); !rest.empty();) {
      const auto piece = rest.substr(0, kPiece);
      layer.update(piece);
      if (!on_read(piece.size())) return fail(stopped());
      rest.remove_prefix(piece.size());
    }
  }
  return layer.digest();
}

}  // namespace

Result<LayerFacts> digest_layer(std::span<const ZipFile> wheels, const LayerSpec& spec,
                                const OnRead& on_read) {
  TRY_ASSIGN(const auto tree, layer_tree(wheels, spec));
  ContentReader content(wheels, spec, on_read);
  for (const auto& file : tree.files) TRY(content.add(file));
  auto files = content.files();
  TRY_ASSIGN(const auto written, write_layer(tree, wheels, spec, files));
  TRY_ASSIGN(auto layer, digest_bytes(written.plan, wheels, on_read));
  return LayerFacts{std::move(layer),  content.tar(written.tail), written.toc,
                    written.plan.size, written.plan.tar_size,     std::move(files)};
}

Result<LayerPlan> plan_layer(std::span<const ZipFile> wheels, const LayerSpec& spec,
                             std::span<const Digest> files) {
  TRY_ASSIGN(const auto tree, layer_tree(wheels, spec));
  TRY_ASSIGN(auto written, write_layer(tree, wheels, spec, files));
  return std::move(written.plan);
}

std::vector<LayerSegment> segments_of(const LayerPlan& plan, std::uint64_t offset, std::uint64_t size) {
  std::vector<LayerSegment> out;
  if (offset >= plan.size || size == 0) return out;
  const auto end = offset + std::min(size, plan.size - offset);
  auto at = std::upper_bound(
      plan.segments.begin(), plan.segments.end(), offset,
      [](std::uint64_t wanted, const LayerSegment& segment) { return wanted < segment.offset; });
  for (--at; at != plan.segments.end() && at->offset < end; ++at) {
    const auto first = std::max(offset, at->offset);
    const auto last = std::min(end, at->offset + at->size);
    out.push_back({at->wheel, at->from + (first - at->offset), last - first, first});
  }
  return out;
}

std::string_view bytes_of(const LayerPlan& plan, const LayerSegment& segment,
                          std::span<const std::string_view> wheels) {
  const std::string_view source =
      segment.wheel == LayerSegment::kLiteral ? plan.literals : wheels[segment.wheel];
  return source.substr(segment.from, segment.size);
}

}  // namespace launch::archive
