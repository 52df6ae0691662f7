#include <set>

#include "archive/installation.hpp"
#include "base/text.hpp"
#include "fuzz/fuzz.hpp"

namespace launch::fuzz {
namespace {

bool is_plain(std::string_view path) {
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == ".") return false;
  }
  return stays_below(path);
}

}  // namespace

/// Lines, each the path of a file in a wheel.
void fuzz_installation(std::string_view bytes) {
  std::vector<archive::ZipEntry> entries;
  for (const auto line : lines(bytes)) {
    // The reader of zips lets no other names through.
    if (!stays_below(line)) continue;
    entries.push_back({.name = std::string(line)});
    if (const auto path = archive::import_path(line))
      require(stays_below(*path), "an import path stays below its folder", line, *path);
  }
  const auto paths = archive::InstallPaths::of(specs::Interpreter{12});
  const auto files = archive::plan_installation(entries, bytes.size() % 2 == 0, paths);
  if (!parsed(files)) return;
  std::set<std::string> places;
  for (const auto& file : *files) {
    require(file.entry < entries.size(), "a file is of an entry");
    require(is_plain(file.path), "a file's path is plain and below the prefix", file.path);
    require(places.insert(file.path).second, "two files have different paths", file.path);
    (void)archive::record_path(file.path, paths.purelib);
  }
}

}  // namespace launch::fuzz
