#include "image/context.hpp"

#include <utility>

#include <fmt/format.h>

#include "archive/interpreter.hpp"
#include "archive/tree.hpp"
#include "base/file.hpp"
#include "image/layers.hpp"

namespace launch::image {
namespace {

Result<void> make_link(Disk& disk, const std::string& target, const std::filesystem::path& place) {
  if (const int error = disk.symlink(target, place)) return fail(io_error("create the link", place, error));
  return {};
}

/// The bare virtual environment (PEP 405), as `python -m venv --without-pip` creates it, without activate
/// scripts.
Result<void> write_venv(Disk& disk, const std::filesystem::path& folder, const ContextSpec& spec) {
  const auto python = spec.python.text();
  const auto home = spec.interpreter.substr(0, spec.interpreter.rfind('/'));
  TRY(archive::make_tree_folder(disk, folder, "venv/bin"));
  TRY(archive::make_tree_folder(disk, folder, fmt::format("venv/lib/python{}/site-packages", python)));
  const auto venv = folder / "venv";
  TRY(make_link(disk, "lib", venv / "lib64"));
  TRY(make_link(disk, spec.interpreter, venv / "bin/python3"));
  TRY(make_link(disk, "python3", venv / "bin/python"));
  TRY(make_link(disk, "python3", venv / "bin" / fmt::format("python{}", python)));
  return archive::write_tree_file(
      disk, venv / "pyvenv.cfg",
      fmt::format("home = {}\ninclude-system-site-packages = false\nversion = {}\n", home,
                  spec.python.version()));
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
  TRY(archive::write_tree_file(disk, folder / "Dockerfile", spec.dockerfile));
  TRY(archive::write_tree_file(disk, folder / ".dockerignore", spec.dockerignore));
  if (spec.standalone) TRY(archive::unpack_interpreter(*spec.standalone, folder, work));
  TRY(write_bytecode(disk, folder, spec));
  TRY(write_venv(disk, folder, spec));
  TRY(archive::make_tree_folder(disk, folder, "project"));
  TRY(copy_project_files(disk, spec.copies, folder / "project"));
  TRY(archive::make_tree_folder(disk, folder, "wheels"));
  for (const auto& package : spec.absent) TRY(archive::make_tree_folder(disk, folder / "wheels", package));
  return archive::unpack_wheels(spec.wheels, folder / "wheels", spec.python, kVenvPython, work);
}

}  // namespace launch::image
