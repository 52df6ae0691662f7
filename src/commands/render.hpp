#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/wheel_tree.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

struct RenderRequest {
  std::string recipe;  ///< name or path
  bool write = true;   ///< else the document says what would be written
  bool sbom = false;   ///< also the bills of materials; without it, those that exist
};

struct RenderedFile {
  std::string file;  ///< as messages show it
  std::string text;
  std::optional<std::string> previous = {};  ///< nullopt if there was no such file
  bool changed() const { return previous != text; }
};

struct RenderDocument {
  std::string recipe;  ///< its name
  RenderedFile dockerfile;
  RenderedFile dockerignore;
  std::vector<RenderedFile> sboms = {};
  bool changed() const;
};

/// Renders the Dockerfile and .dockerignore of a locked recipe, and its bills of materials, and writes those
/// that differ from the existing files. Errors: those of load_locked, find_project_files, render_dockerfile
/// and make_bill; (environment) a file cannot be read or written.
Result<RenderDocument> render(const RenderRequest& request, const Context& context);

/// A folder from which podman and docker build the image without this program.
struct ContextDocument {
  std::string recipe;             ///< its name
  std::filesystem::path folder;   ///< as it was named
  specs::Platform platform;       ///< that its wheels are for
  archive::InstallSize unpacked;  ///< of the wheels
};

/// Writes the Dockerfile of a locked recipe, and everything that it copies, into a new or empty folder. What
/// is written is removed if that fails. Errors: those of ImageInputs and export_context; (input): there is
/// something in the folder; (environment): it cannot be written.
Result<ContextDocument> write_context(const std::string& recipe, const std::filesystem::path& place,
                                      const Context& context);

}  // namespace launch::commands
