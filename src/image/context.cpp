#include "image/context.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "archive/tree.hpp"
#include "base/file.hpp"
#include "image/layers.hpp"

namespace launch::image {
namespace {

Result<void> make_link(const std::string& target, const std::filesystem::path& place) {
  if (::symlink(target.c_str(), place.c_str()) != 0) return fail(io_error("make the link", place, errno));
  return {};
}

/// The bare virtual environment (PEP 405): what `python -m venv --without-pip` makes, without its activate
/// scripts.
Result<void> write_venv(const std::filesystem::path& folder, const ContextSpec& spec) {
  const auto python = spec.python.text();
  const auto home = spec.interpreter.substr(0, spec.interpreter.rfind('/'));
  TRY(archive::make_tree_folder(folder, "venv/bin"));
  TRY(archive::make_tree_folder(folder, fmt::format("venv/lib/python{}/site-packages", python)));
  const auto venv = folder / "venv";
  TRY(make_link("lib", venv / "lib64"));
  TRY(make_link(spec.interpreter, venv / "bin/python3"));
  TRY(make_link("python3", venv / "bin/python"));
  TRY(make_link("python3", venv / "bin" / fmt::format("python{}", python)));
  return archive::write_tree_file(
      venv / "pyvenv.cfg", fmt::format("home = {}\ninclude-system-site-packages = false\nversion = {}\n",
                                       home, spec.python.version()));
}

}  // namespace

Result<archive::InstallSize> write_context(const std::filesystem::path& folder, const ContextSpec& spec,
                                           const archive::InstallProgress& progress, std::stop_token stop) {
  TRY(make_folder(folder));
  TRY(archive::write_tree_file(folder / "Dockerfile", spec.dockerfile));
  TRY(archive::write_tree_file(folder / ".dockerignore", spec.dockerignore));
  TRY(write_venv(folder, spec));
  TRY(archive::make_tree_folder(folder, "project"));
  TRY(copy_project_files(spec.copies, folder / "project"));
  TRY(archive::make_tree_folder(folder, "wheels"));
  for (const auto& package : spec.absent) TRY(archive::make_tree_folder(folder / "wheels", package));
  return archive::unpack_wheels(spec.wheels, folder / "wheels", spec.python, kVenvPython, progress,
                                std::move(stop));
}

}  // namespace launch::image
