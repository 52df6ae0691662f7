#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/zip.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "specs/interpreter.hpp"

namespace launch::archive {

/// Destinations of a wheel's parts, relative to the prefix (sysconfig's scheme "posix_prefix").
struct InstallPaths {
  std::string purelib;  ///< "lib/python3.12/site-packages"
  std::string platlib;  ///< the same: one folder for both
  std::string scripts;  ///< "bin"
  std::string headers;  ///< "include/python3.12"; a project's headers go to a folder of its name below
  std::string data;     ///< "": the prefix itself
  /// Links and files of the virtual environment itself, whose place no wheel may take: "bin/python3",
  /// "pyvenv.cfg".
  std::vector<std::string> environment;

  static InstallPaths of(const specs::Interpreter& python);
};

/// "the wheel cannot be installed: …" (input)
Error bad_wheel(std::string_view reason);

/// Name of the only top-level "NAME-VERSION.dist-info" folder. Errors (input): none or several.
Result<std::string> dist_info_folder(const std::vector<ZipEntry>& entries);

/// `Root-Is-Purelib` of a WHEEL file. Errors (input): no Wheel-Version, or one above 1.x (which PEP 427 says
/// to refuse).
Result<bool> root_is_purelib(std::string_view wheel_file);

/// A file of a wheel and its destination.
struct InstallFile {
  std::size_t entry = 0;    ///< index into the zip's entries
  std::string path;         ///< below the prefix, without "." or ".."
  bool executable = false;  ///< mode 0755 instead of 0644
  bool is_script = false;   ///< from .data/scripts: replace a first line "#!python" (script_text)
};

/// The destination of every file of a wheel (binary distribution format, "Installing a wheel"): the root into
/// purelib or platlib, NAME.data/KEY/… into the folder for KEY. Omits folders, and RECORD with its
/// signatures: the installer writes its own RECORD. What goes to lib64 is below lib, to which that is a link
/// in a virtual environment. Errors (input): a path that leaves the prefix, an unknown .data key, two files
/// with one destination.
Result<std::vector<InstallFile>> plan_installation(const std::vector<ZipEntry>& entries, bool root_is_purelib,
                                                   const InstallPaths& paths);

/// A wheel file's path below site-packages, from its path in the archive; nullopt for files that are
/// installed elsewhere (scripts, data) or not importable (the .dist-info folder).
std::optional<std::string> import_path(std::string_view archive_path);

/// How a file in .data/scripts begins whose first line names the interpreter.
inline constexpr std::string_view kScriptMark = "#!python";

/// A file from .data/scripts with "#!python" replaced by "#!interpreter"; other content is unchanged.
std::string script_text(std::string content, std::string_view interpreter);

/// `name = module:attribute [extras]` of entry_points.txt.
struct EntryPoint {
  std::string name;
  std::string module;
  std::string attribute;  ///< "main", "Class.method"
};

/// The [console_scripts] and [gui_scripts] of an entry_points.txt. Errors (input): an invalid line, a name
/// that is not a file name, a module or attribute that is not a Python name; the line is quoted.
Result<std::vector<EntryPoint>> console_scripts(std::string_view entry_points);

/// A script that calls the entry point. `interpreter` is an absolute path. Errors (input): a path that a "#!"
/// line cannot hold (white space, over 125 bytes).
Result<std::string> console_script_text(const EntryPoint& entry_point, std::string_view interpreter);

/// A row of RECORD.
struct RecordRow {
  std::string path;    ///< relative to the folder that holds the .dist-info folder: "../../../bin/x"
  std::string digest;  ///< "sha256=…" from record_digest; empty for RECORD itself
  std::optional<std::uint64_t> size;  ///< bytes; none for RECORD itself
};

/// A digest in the format of RECORD: "sha256=" and URL-safe base64 without padding.
std::string record_digest(const Digest& digest);
/// A path below the prefix ("bin/x") as RECORD in `site_packages` ("lib/python3.12/site-packages") writes it.
std::string record_path(std::string_view path, std::string_view site_packages);
/// RECORD's text: the rows sorted by path, quoted as CSV where necessary.
std::string record_text(std::vector<RecordRow> rows);

}  // namespace launch::archive
