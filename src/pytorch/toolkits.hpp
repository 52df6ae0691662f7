#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "specs/image_reference.hpp"

namespace launch::pytorch {

/// A CUDA release as wheels name it, with what its images and its driver need.
struct CudaToolkit {
  std::string_view name;          ///< "cu128"
  std::string_view version;       ///< newest patch that has images, "12.8.1"
  std::string_view ubuntu;        ///< of the images to take, "24.04"
  std::string_view driver_floor;  ///< least driver, by minor-version compatibility: "525.60.13"
};

/// The toolkit of "cu128"; for one that is newer than the table, the newest of the same major version (the
/// wheels bring their own runtime, the base only has to be of that major). None: the major is not known.
std::optional<CudaToolkit> cuda_toolkit(std::string_view cuda);

/// A distribution as far as it matters to Python.
struct Distribution {
  std::string_view name;    ///< "ubuntu 24.04"
  std::string_view title;   ///< "Ubuntu 24.04"
  std::string_view python;  ///< the interpreter that it packages, "3.12"
  int glibc_minor;          ///< 39 for glibc 2.39
};

/// By "ubuntu 24.04"; none when it is not known.
std::optional<Distribution> distribution(std::string_view name);

/// The newest distribution that packages that Python; none when none does.
std::optional<Distribution> distribution_with(std::string_view python);

/// The distribution that a reference names by itself: "…-ubuntu24.04", "ubuntu:24.04", "debian:12-slim".
std::optional<Distribution> distribution_of(const specs::ImageReference& reference);

/// The image of the official library that is that distribution: "docker.io/library/debian:12-slim".
std::string library_image(const Distribution& distribution);

/// glibc 2.N of the oldest distribution here.
inline constexpr int kLeastGlibcMinor = 35;

/// "12" of "12.8.1"
std::string_view major_of(std::string_view version);
/// "12.8" of "12.8.1"
std::string minor_of(std::string_view version);
/// "12.8" of "cu128"; empty for anything else.
std::string cuda_minor(std::string_view cuda);

}  // namespace launch::pytorch
