#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/image_reference.hpp"
#include "specs/interpreter.hpp"
#include "specs/platform.hpp"
#include "specs/version.hpp"

namespace launch::pytorch {

/// A CUDA release as wheels name it, with its images and its driver requirement.
struct CudaToolkit {
  specs::Accelerator accelerator;
  std::string version;       ///< newest patch that has images, "12.8.1"
  std::string distribution;  ///< of the images to take, "ubuntu 24.04"
  std::string driver_floor;  ///< least driver, by minor-version compatibility: "525.60.13"
  std::string gpu_floor;     ///< lowest compute capability that wheels of it were built for: "7.0"
};

/// The toolkits of data/toolkits.tsv, oldest first. Errors (input): an invalid row.
Result<std::vector<CudaToolkit>> read_toolkits(std::string_view text);
const std::vector<CudaToolkit>& cuda_toolkits();

/// The toolkit of cu128; for one newer than the table, the newest of the same major version (wheels bring
/// their own runtime, so the base only has to match the major version). nullopt if the major version is
/// unknown, or the accelerator is not CUDA.
std::optional<CudaToolkit> cuda_toolkit(const specs::Accelerator& accelerator);

/// The properties of a distribution that matter for images.
struct Distribution {
  std::string name;           ///< "ubuntu 24.04"
  std::string title;          ///< "Ubuntu 24.04"
  specs::Interpreter python;  ///< that it packages
  int python_patch = 0;       ///< 3 of 3.12.3
  int glibc_minor = 0;        ///< 39 for glibc 2.39
  /// Its archive is asked for the state of this day and later ones; nullopt: the site or the image's own
  /// lists of sources name a dated archive of it, or there is none.
  std::optional<specs::Day> snapshots = {};
  /// A sed script for its lists of sources, with ID for the time; or with ARCHIVE for that dated archive, of
  /// "debian\\2".
  std::string apt_sources = {};
  std::string image;  ///< of the official library, "docker.io/library/ubuntu:24.04"
  std::string tag;    ///< how tags of other images name it, "ubuntu24.04"
};

/// The distributions of data/distributions.tsv, oldest first. Errors (input): an invalid row.
Result<std::vector<Distribution>> read_distributions(std::string_view text);
const std::vector<Distribution>& distributions();

/// By "ubuntu 24.04"; nullopt if unknown.
std::optional<Distribution> distribution(std::string_view name);

/// The distribution whose addresses apt's lists of sources may have, by the same name; for an unknown one
/// Debian, on which the images stand that name no distribution ("python:3.12-slim").
Distribution apt_distribution(std::string_view name);

/// The distribution that packages that Python; nullopt if there is none.
std::optional<Distribution> distribution_with(const specs::Interpreter& python);

/// The distribution that a reference names: "…-ubuntu24.04", "ubuntu:24.04", "debian:12-slim".
std::optional<Distribution> distribution_of(const specs::ImageReference& reference);

/// N of glibc 2.N of the oldest distribution here.
int least_glibc_minor();

/// NVIDIA's image of a toolkit on a distribution: ("devel", …) →
/// "docker.io/nvidia/cuda:12.8.1-devel-ubuntu24.04".
std::string cuda_image(const CudaToolkit& toolkit, std::string_view variant, const Distribution& on);
/// True for an image of NVIDIA's CUDA repository, in any registry: its tag starts with the CUDA version.
bool is_cuda_image(const specs::ImageReference& reference);

/// What is known of a base image without asking its registry.
struct KnownBase {
  Digest digest;                                ///< of the index or manifest that the tag named
  std::map<specs::Platform, Digest> platforms;  ///< that it is known to serve, of those asked for
};

/// A row of data/base_images.tsv.
struct BaseDigest {
  std::string image;  ///< "docker.io/nvidia/cuda"
  std::string tag;
  enum class Of { index, platform, unsaid } of = Of::unsaid;
  specs::Platform platform;  ///< with Of::platform
  Digest digest;
};
/// Errors (input): an invalid row.
Result<std::vector<BaseDigest>> read_base_digests(std::string_view text);
const std::vector<BaseDigest>& base_digests();

/// The digest to use for all these platforms; nullopt if the table has none. It is unknown whether it covers
/// platforms that are not in KnownBase::platforms.
std::optional<KnownBase> known_base(const specs::ImageReference& reference,
                                    std::span<const specs::Platform> platforms);

/// A package of a lock, with what is needed to find the CUDA release.
struct NamedVersion {
  std::string_view name;
  const specs::Version* version = nullptr;
};
/// The CUDA toolkit of these packages: "13.0.2" from cuda-toolkit, else "12.8" from nvidia-cuda-runtime;
/// nullopt if neither is among them.
std::optional<std::string> cuda_version_of(std::span<const NamedVersion> packages);

/// "12" for "12.8.1"
std::string_view major_of(std::string_view version);
/// "12.8" for "12.8.1"
std::string minor_of(std::string_view version);

}  // namespace launch::pytorch
