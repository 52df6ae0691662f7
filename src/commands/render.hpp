#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

struct RenderRequest {
  std::string recipe;  ///< name or path
  bool write = true;   ///< else the document says what would be written
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
  bool changed() const { return dockerfile.changed() || dockerignore.changed(); }
};

/// Renders the Dockerfile and .dockerignore of a locked recipe and writes those that differ from the
/// existing files. Errors: those of load_locked, find_project_files and render_dockerfile; (environment) a
/// file cannot be read or written.
Result<RenderDocument> render(const RenderRequest& request, const Context& context);

}  // namespace launch::commands
