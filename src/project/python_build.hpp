#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/toml.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "specs/url.hpp"

namespace launch::project {

/// A gzip-compressed tar with a relocatable CPython below "python/": python/bin/python3.12, python/lib, …
struct PythonArchive {
  specs::Url url;
  Digest sha256;

  /// "cpython-3.12.11+20250604-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
  std::string file_name() const;
};

/// A CPython that is put into images, whatever Python their base has.
struct PythonBuild {
  specs::Interpreter python;
  int patch = 0;  ///< 11 of 3.12.11
  std::map<specs::Platform, PythonArchive> archives;

  /// "3.12.11"
  std::string version() const;
  /// True if it is this Python, and that patch release of it if one is given, with an archive for every
  /// platform.
  bool fits(const specs::Interpreter& wanted, std::optional<int> wanted_patch,
            std::span<const specs::Platform> platforms) const;
};

/// The builds of python-build-standalone that this program knows, oldest first.
const std::vector<PythonBuild>& known_python_builds();

/// The newest build of this Python, or the one of that patch release, with an archive for every platform: one
/// of `own`, else a known one. Errors (input): there is none; the message lists what there is.
Result<PythonBuild> choose_python_build(const specs::Interpreter& python, std::optional<int> patch,
                                        std::span<const specs::Platform> platforms,
                                        std::span<const PythonBuild> own);

/// The table of a lock: version, and url and sha256 for each platform. `name`: of the table,
/// "tool.launch.interpreter".
std::string write_python_build(const PythonBuild& build, std::string_view name);
/// Errors (input): a key is missing, or its value is something else.
Result<PythonBuild> read_python_build(const TomlTable& table);

/// A Python with its patch release: "3.12.11", "3.14.2t"; nullopt for anything else.
std::optional<std::pair<specs::Interpreter, int>> parse_python_release(std::string_view text);

}  // namespace launch::project
