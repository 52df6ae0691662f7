#include "archive/zip.hpp"
#include "fuzz/fuzz.hpp"

namespace launch::fuzz {

/// A zip file.
void fuzz_zip(std::string_view bytes) {
  const auto zip = archive::ZipFile::open(bytes);
  if (!parsed(zip)) return;
  std::uint64_t packed = 0;
  for (const auto& entry : zip->entries()) {
    require(stays_below(entry.name), "an entry stays in its folder", entry.name);
    require(zip->find(entry.name) != nullptr, "an entry is found", entry.name);
    packed += entry.compressed_size;
    const auto content = zip->read(entry);
    if (parsed(content)) require(content->size() == entry.size, "an entry has its size", entry.name);
  }
  require(packed <= bytes.size(), "entries do not overlap");
}

}  // namespace launch::fuzz
