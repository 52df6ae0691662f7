#include <zlib.h>

#include "archive/source_archive.hpp"
#include "fuzz/fuzz.hpp"
#include "specs/source_metadata.hpp"

namespace launch::fuzz {
namespace {

/// Packed without being compressed, which costs little and lets the bytes through as they are.
void write_gzip(const std::filesystem::path& file, std::string_view bytes) {
  gzFile out = gzopen(file.c_str(), "wb0");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

void check_archive(const std::filesystem::path& file) {
  const auto found = archive::read_source_archive(file);
  if (!parsed(found)) return;
  require(stays_below(found->root) && found->root.find('/') == std::string::npos,
          "the root is a folder's name", found->root);
  if (found->pkg_info) (void)parsed(specs::parse_pkg_info(*found->pkg_info));
}

}  // namespace

/// A tar file; a zip file; a file that should be one of them, packed.
void fuzz_source_archive(std::string_view bytes) {
  static const Folder kFolder;
  if (bytes.starts_with("PK")) return check_archive(kFolder.write("a-1.zip", bytes));
  if (bytes.starts_with("\x1f\x8b")) return check_archive(kFolder.write("a-1.tar.gz", bytes));
  const auto file = kFolder.path() / "a-1.tar.gz";
  write_gzip(file, bytes);
  check_archive(file);
}

}  // namespace launch::fuzz
