#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "project/image_digests.hpp"
#include "project/python_build.hpp"
#include "pytorch/channel.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::project {

/// A file of a locked package; installers fetch it from `url` or find it at `path`, relative to the lock.
struct LockedFile {
  std::string file_name;  ///< "torch-2.5.0.dev20240617+cu121-cp311-cp311-linux_x86_64.whl"
  std::optional<specs::Url> url;
  std::optional<std::string> path;         ///< "wheels/…", relative to the lock
  std::uint64_t size = 0;                  ///< bytes; 0 if a lock of another tool does not state it
  std::optional<Digest> sha256;            ///< none while nobody has said it; never in a lock
  std::optional<std::string> upload_time;  ///< RFC 3339, UTC
};
using LockedWheel = LockedFile;

/// What a lock of another tool names for a package in place of wheels and a source archive of an index.
struct LockedSource {
  enum class Kind { archive, vcs, directory };
  Kind kind = Kind::archive;
  std::optional<LockedFile> file = {};  ///< of an archive
  /// As pip takes it, without credentials: "https://host/repo.zip#subdirectory=lib",
  /// "git+https://host/repo.git@COMMIT", "../lib" (relative to the lock).
  std::string where = {};
};

struct BuildRecord;

struct LockedPackage {
  std::string name;        ///< normalized
  specs::Version version;  ///< without text if the lock does not state it, which only a LockedSource allows
  std::optional<std::string> index;  ///< its index; not written in locks by path
  std::optional<std::string> marker;
  std::vector<std::string> dependencies;  ///< names, sorted; informational
  std::vector<LockedWheel> wheels;
  std::optional<LockedFile> sdist = {};     ///< its source archive
  std::optional<LockedSource> source = {};  ///< excludes wheels and sdist
  std::shared_ptr<const BuildRecord> build =
      {};  ///< how launch built the wheel from sdist; null if it did not
};

/// The base image at the time of locking.
struct BaseImage {
  std::string name;              ///< "docker.io/nvidia/cuda"
  std::string tag;               ///< "12.8.1-base-ubuntu24.04"
  std::optional<Digest> digest;  ///< of the index or manifest that the tag pointed to; nullopt: left open
  std::map<specs::Platform, Digest>
      platforms;             ///< of their manifests; either kind of digest is quoted for a tag
  std::string driver_floor;  ///< minimum NVIDIA driver, "525.60.13"; empty for CPU
  std::string distribution;  ///< "ubuntu 24.04"; empty if unknown, with Python in /usr/local
  /// The state of the distribution's archive that apt installs from, "20250606T080910Z"; nullopt if
  /// nothing says which, so that what apt installs depends on the day of the build.
  std::optional<std::string> snapshot = {};
  /// Where that is, if the site names the archive: "http://host.example/archive/{archive}/{date}"
  /// (is_dated_archive), or kLiveArchive, which has no snapshot. nullopt: launch knows it, or the base's own
  /// lists of sources name it.
  std::optional<std::string> archive = {};
  std::string user = {};  ///< whom it runs as, "65534" or "app:app"; empty: root, or unknown
  specs::Interpreter
      python;  ///< of the image: installed, available from its distribution, or Provenance::interpreter
};

/// [tool.launch]: provenance only; installers may ignore it.
struct Provenance {
  /// recipe_digest(…, Stage::lock); nullopt in locks of other tools and of early versions of launch.
  std::optional<Digest> recipe;
  bool of_earlier_launch = false;           ///< with a digest of the recipe's whole text
  std::optional<pytorch::Channel> channel;  ///< nullopt in locks of other tools
  std::optional<specs::Accelerator> cuda;   ///< nullopt with channel index
  std::optional<std::string> cuda_version;  ///< toolkit, "12.8.1"
  std::optional<specs::Day> date;           ///< of the nightly
  std::optional<specs::Day> locked = {};    ///< the day of the lock; only where nothing else dates it
  std::vector<specs::Platform> platforms;
  std::optional<BaseImage> base;
  std::optional<PythonBuild> interpreter = {};  ///< of the image; nullopt: the base's
  std::optional<ImageDigests> images = {};      ///< nullopt if nobody has computed them for this lock
};

/// A lock (PEP 751).
struct Lockfile {
  std::string requires_python;            ///< "==3.12.*"
  std::vector<std::string> environments;  ///< markers, one per platform
  std::vector<LockedPackage> packages;    ///< sorted by name
  Provenance provenance;
  std::vector<std::string> warnings = {};  ///< of parse_lockfile, for a person; not written

  /// BaseImage::user; empty without a base image, too.
  std::string base_user() const { return provenance.base ? provenance.base->user : std::string(); }
};

/// Deterministic text: sorted, no time of writing, no credentials in URLs.
std::string write_lockfile(const Lockfile& lock);

/// The kinds of packages that the reader of a lock can use.
enum class Accept { wheels, any_source };

/// Parses a lock written by launch or another PEP 751 tool. Errors (input): TOML syntax; an unknown
/// lock-version; a package without wheels, unless any source is accepted, or without any source; a file
/// without sha256 or location, or named like another package or version; two packages of one name that may
/// apply together (on Linux, without extras). File, line, column and key are named.
Result<Lockfile> parse_lockfile(std::string_view text, std::string_view file, Accept accept = Accept::wheels);

/// The CUDA toolkit of the locked packages (pytorch::cuda_version_of).
std::optional<std::string> cuda_version_of(const std::vector<LockedPackage>& packages);

/// The accelerator of the locked torch; if the channel does not determine it, that of the locked CUDA
/// toolkit's version; the CPU if neither says it.
specs::Accelerator accelerator(const Lockfile& lock);

/// The time that a lock is of, in seconds since 1970: that of its newest upload, else the nightly's day, else
/// the day when it was locked, which is 0 in locks of early versions of launch.
std::int64_t lock_timestamp(const Lockfile& lock);

/// Of a lock's text: what images and run records quote. The digests of images, which contain it, are not a
/// part of it if they are where write_lockfile puts them. `lock` is that text, parsed.
Digest lock_digest(std::string_view text, const Lockfile& lock);

}  // namespace launch::project
