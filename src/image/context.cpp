#include "image/context.hpp"

#include <utility>

#include <fmt/format.h>

#include "archive/interpreter.hpp"
#include "archive/tree.hpp"
#include "base/file.hpp"
#include "image/layers.hpp"
#include "image/left_out.hpp"
#include "image/venv.hpp"

namespace launch::image {
namespace {

Result<void> make_link(Disk& disk, const std::string& target, const std::filesystem::path& place) {
  if (const int error = disk.symlink(target, place)) return fail(io_error("create the link", place, error));
  return {};
}

Result<void> write_venv(Disk& disk, const std::filesystem::path& folder, const ContextSpec& spec) {
  const auto venv = folder / "venv";
  for (const auto& [kind, path, text] : venv_entries(spec.python, spec.interpreter)) {
    switch (kind) {
      case VenvEntry::Kind::folder:
        TRY(archive::make_tree_folder(disk, folder, "venv/" + path));
        break;
      case VenvEntry::Kind::link:
        TRY(make_link(disk, text, venv / path));
        break;
      case VenvEntry::Kind::file:
        TRY(archive::write_tree_file(disk, venv / path, text));
        break;
    }
  }
  return {};
}

/// What only a standalone interpreter has; the base's own makes its bytecode while the image is built.
Result<void> write_bytecode(Disk& disk, const std::filesystem::path& folder, const ContextSpec& spec) {
  if (!spec.standalone) return {};
  for (const auto* part : {"python", "venv"})
    TRY(archive::make_tree_folder(disk, folder, fmt::format("bytecode/{}", part)));
  if (spec.library) TRY(archive::unpack_zip(disk, *spec.library, folder / "bytecode/python"));
  for (const auto& zip : spec.bytecode) TRY(archive::unpack_zip(disk, zip, folder / "bytecode/venv"));
  return {};
}

}  // namespace

Result<archive::InstallSize> write_context(const std::filesystem::path& folder, const ContextSpec& spec,
                                           const Work& work) {
  auto& disk = work.disk;
  TRY(make_folder(disk, folder));
  // The engine ignores it; a copy of the project that the context is in leaves the context out.
  TRY(archive::write_tree_file(disk, folder / kCacheTag, fmt::format("{}\n", kCacheSignature)));
  TRY(archive::write_tree_file(disk, folder / ".dockerignore", spec.dockerignore));
  if (spec.standalone) TRY(archive::unpack_interpreter(*spec.standalone, folder, work));
  TRY(write_bytecode(disk, folder, spec));
  TRY(write_venv(disk, folder, spec));
  TRY(archive::make_tree_folder(disk, folder, "project"));
  TRY(copy_project_files(disk, spec.copies, folder / "project"));
  TRY(archive::make_tree_folder(disk, folder, "wheels"));
  for (const auto& package : spec.absent) TRY(archive::make_tree_folder(disk, folder / "wheels", package));
  TRY_ASSIGN(auto size,
             archive::unpack_wheels(spec.wheels, folder / "wheels", spec.python, kVenvPython, work));
  // Last, since without it nobody builds what is not whole.
  TRY(archive::write_tree_file(disk, folder / "Dockerfile", spec.dockerfile));
  return size;
}

}  // namespace launch::image
