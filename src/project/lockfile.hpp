#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "pytorch/channel.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::project {

/// One wheel of a locked package; installers may fetch it by `url` or find it at `path` beside the lock.
struct LockedWheel {
  std::string file_name;  ///< "torch-2.5.0.dev20240617+cu121-cp311-cp311-linux_x86_64.whl"
  std::optional<specs::Url> url;
  std::optional<std::string> path;         ///< "wheels/…", relative to the lock
  std::uint64_t size = 0;                  ///< bytes; 0 when a lock of another tool does not say
  std::optional<Digest> sha256;            ///< none while nobody has said it; never in a lock
  std::optional<std::string> upload_time;  ///< RFC 3339, UTC
};

struct LockedPackage {
  std::string name;  ///< normalized
  specs::Version version;
  std::optional<std::string> index;  ///< where it came from; not written in locks by path
  std::optional<std::string> marker;
  std::vector<std::string> dependencies;  ///< names, sorted; informational
  std::vector<LockedWheel> wheels;
};

/// The base image as it was found when the lock was written.
struct BaseImage {
  std::string name;              ///< "docker.io/nvidia/cuda"
  std::string tag;               ///< "12.8.1-base-ubuntu24.04"
  std::optional<Digest> digest;  ///< of the index or manifest that the tag named; nullopt: left open
  std::map<specs::Platform, Digest> platforms;  ///< of their manifests; both circulate for a tag
  std::string driver_floor;                     ///< least NVIDIA driver, "525.60.13"; empty for CPU
  std::string distribution;  ///< "ubuntu 24.04"; empty when it does not say, its Python is then in /usr/local
  specs::Interpreter python;  ///< that it has or that its distribution can install
};

/// [tool.launch]: provenance; an installer that ignores it installs the same.
struct Provenance {
  /// recipe_digest(…, Stage::lock); nullopt in locks of other tools, and of launch before it had that.
  std::optional<Digest> recipe;
  bool of_earlier_launch = false;           ///< with a digest of the recipe's whole text
  std::optional<pytorch::Channel> channel;  ///< nullopt in locks of other tools
  std::optional<specs::Accelerator> cuda;   ///< nullopt with channel index
  std::optional<std::string> cuda_version;  ///< toolkit, "12.8.1"
  std::optional<specs::Day> date;           ///< of the nightly
  std::vector<specs::Platform> platforms;
  std::optional<BaseImage> base;
};

/// A lock (PEP 751).
struct Lockfile {
  std::string requires_python;            ///< "==3.12.*"
  std::vector<std::string> environments;  ///< markers, one a platform
  std::vector<LockedPackage> packages;    ///< sorted by name
  Provenance provenance;
  std::vector<std::string> warnings = {};  ///< of parse_lockfile, for a person; not written
};

/// Deterministic text: sorted, no time of writing, no credentials in URLs.
std::string write_lockfile(const Lockfile& lock);

/// Reads a lock written by launch or by another PEP 751 tool. Errors (input): TOML syntax, an unknown
/// lock-version, a package without wheels, a wheel without sha256 or place or with the name of another
/// package or version, two packages of one name that may apply together (on Linux, with no extras); file,
/// line, column and key are named.
Result<Lockfile> parse_lockfile(std::string_view text, std::string_view file);

/// The CUDA toolkit that locked packages are of (pytorch::cuda_version_of).
std::optional<std::string> cuda_version_of(const std::vector<LockedPackage>& packages);

/// What the locked torch was built for. Where the channel does not say it, the version of the locked CUDA
/// toolkit does.
specs::Accelerator accelerator(const Lockfile& lock);

/// Of a lock's text: what images and run records quote.
Digest lock_digest(std::string_view text);

}  // namespace launch::project
