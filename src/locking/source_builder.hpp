#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "project/build_record.hpp"
#include "project/recipe.hpp"
#include "specs/accelerator.hpp"

namespace launch::locking {

/// A source archive to build, and what the build may see.
struct SourceBuild {
  std::string package;  ///< normalized
  std::string version;
  std::filesystem::path archive;  ///< in the store
  Digest sha256;                  ///< of the archive
  std::string root = {};          ///< the folder in the archive that holds the package
  std::int64_t newest = 0;        ///< the newest time in the archive, seconds since 1970
  project::BuildRecord record;    ///< its needs, settings, env and apt; its base if that is known already
  std::vector<std::filesystem::path> needs;  ///< the wheels of the record's needs, in the store
  project::Recipe::Build how;
  specs::Accelerator accelerator = {};  ///< of what the build sees
};

/// A wheel that was built for this machine.
struct BuiltWheel {
  std::filesystem::path file;  ///< in the store
  std::string file_name;
  Digest sha256;
  std::uint64_t size = 0;
  project::BaseImage base;  ///< that it was built on
};

/// The files of a commit.
struct GitArchive {
  std::filesystem::path path;  ///< in the store
  Digest sha256;
};

/// Builds a wheel from a source archive, in a container; what drives containers is above this room.
class SourceBuilder {
 public:
  virtual ~SourceBuilder() = default;
  /// The files of a commit as NAME-COMMIT.tar.gz in the store. Errors (environment): git, the network, a
  /// stop.
  virtual Result<GitArchive> fetch(const std::string& package, const specs::GitSource& source) = 0;
  /// Errors: (input) the build failed, with its last lines; (environment) no engine, the disk, a stop.
  virtual Result<BuiltWheel> build(const SourceBuild& wanted) = 0;
};

}  // namespace launch::locking
