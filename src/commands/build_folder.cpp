#include "commands/build_folder.hpp"

#include <utility>

#include <fmt/format.h>

#include "archive/tree.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "commands/build_script.hpp"

namespace launch::commands {

namespace fs = std::filesystem;

Result<BuildFolder> make_build_folder(Disk& disk, const fs::path& scratch,
                                      const locking::SourceBuild& wanted) {
  BuildFolder folder{scratch / "in", scratch / "out"};
  // Root in the container, without capabilities, is not the owner for every engine.
  const std::pair<fs::path, unsigned> places[] = {
      {folder.in, 0755}, {folder.in / "wheels", 0755}, {folder.out, 0777}};
  for (const auto& [place, mode] : places) {
    if (const int error = disk.make_folder(place, mode))
      return fail(io_error("create the folder", place, error));
  }
  TRY(store::place_file(disk, wanted.archive, folder.in / wanted.archive.filename()));
  for (const auto& need : wanted.needs)
    TRY(store::place_file(disk, need, folder.in / "wheels" / need.filename()));
  TRY(archive::write_tree_file(disk, folder.in / "build_wheel.py", kBuildScript));
  return folder;
}

Result<void> keep_log(Disk& disk, const fs::path& file, std::string_view log) {
  return write_file(disk, file, log, 0644, Flush::no);
}

void remember(Disk& disk, const fs::path& file, const locking::BuiltWheel& wheel) {
  (void)write_file(disk, file, fmt::format("{} {} {}\n", wheel.sha256.hex(), wheel.size, wheel.file_name),
                   0644, Flush::no);
}

std::optional<locking::BuiltWheel> remembered(const fs::path& file, const store::Store& store) {
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  const auto words = split(trim(*text), ' ');
  if (words.size() != 3) return std::nullopt;
  const auto digest = Digest::of_hex(words[0]);
  const auto size = parse_u64(words[1]);
  const std::string name(words[2]);
  if (!digest || !size || !store.has(*digest, name)) return std::nullopt;
  return locking::BuiltWheel{store.path_of(*digest, name), name, *digest, *size, {}};
}

}  // namespace launch::commands
