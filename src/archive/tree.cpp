#include "archive/tree.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/layer_names.hpp"
#include "archive/zip.hpp"
#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "base/text.hpp"

namespace launch::archive {

Result<void> make_tree_folder(Disk& disk, const std::filesystem::path& root, std::string_view path) {
  constexpr unsigned kFolder = 0755;
  std::filesystem::path folder = root;
  for (const auto part : split(path, '/')) {
    folder /= part;
    const int error = disk.make_folder(folder, kFolder);
    if (error != 0 && error != EEXIST) return fail(io_error("create the folder", folder, error));
  }
  return {};
}

Result<void> write_tree_file(Disk& disk, const std::filesystem::path& path, std::string_view content,
                             bool executable) {
  TRY_ASSIGN(const Fd file, create_file(disk, path, O_WRONLY, mode_of(executable)));
  if (const int error = disk.write(file, content)) return fail(io_error("write", path, error));
  return {};
}

Result<void> write_tree_file(Disk& disk, const std::filesystem::path& path, const SteadyFile& content,
                             bool executable) {
  TRY_ASSIGN(const Fd file, create_file(disk, path, O_WRONLY, mode_of(executable)));
  return content.read_all([&](std::string_view piece) -> Result<void> {
    if (const int error = disk.write(file, piece)) return fail(io_error("write", path, error));
    return {};
  });
}

namespace {

Result<void> unpack_entries(Disk& disk, std::string_view zip, const std::filesystem::path& root) {
  TRY_ASSIGN(const auto file, ZipFile::open(zip));
  LayerNames names;
  for (const auto& entry : file.entries()) {
    if (entry.is_folder()) continue;
    TRY(check_file_type(entry));
    TRY(names.add(entry.name));
    if (const auto slash = entry.name.rfind('/'); slash != std::string::npos)
      TRY(make_tree_folder(disk, root, std::string_view(entry.name).substr(0, slash)));
    TRY_ASSIGN(const auto content, file.read(entry));
    TRY(write_tree_file(disk, root / entry.name, content));
  }
  return {};
}

}  // namespace

Result<void> unpack_zip(Disk& disk, const std::filesystem::path& zip, const std::filesystem::path& root) {
  TRY_ASSIGN(const auto bytes, MappedFile::open(zip));
  return during(unpack_entries(disk, bytes.text(), root),
                fmt::format("unpacking {}", zip.filename().string()));
}

}  // namespace launch::archive
