#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::pytorch {

/// A row of data/packages.tsv: rules for a package, or for all packages with a common prefix.
struct PackageRule {
  enum class From {
    channel,        ///< from PyTorch's channel and from nowhere else (no dependency confusion)
    channel_first,  ///< from the channel if it serves the name, else from the general index
    general,        ///< from the general index
  };
  enum class Part {
    toolkit,  ///< CUDA's or oneAPI's libraries
    triton,
    torch,
    other,
  };

  std::string name;  ///< "torch", or "nvidia-" with `is_prefix`
  bool is_prefix = false;
  From from = From::general;
  Part part = Part::other;
  bool library = false;  ///< `check` and `scan` ask for its names where nothing else is said
};

/// Errors (input): an invalid row.
Result<std::vector<PackageRule>> read_package_rules(std::string_view text);
const std::vector<PackageRule>& package_rules();

/// The rule for a package (normalized name); packages without a rule come from the general index.
PackageRule rule_of(std::string_view package);

/// PyTorch's own libraries, whose names code imports: torch, torchvision, torchaudio. Each is also the name
/// of its top-level module.
std::vector<std::string> library_names();

/// Package names to suggest when a recipe has a typo.
Result<std::vector<std::string>> read_known_names(std::string_view text);
const std::vector<std::string>& known_names();

/// How many bytes at the end of a torch wheel contain its directory and METADATA.
inline constexpr std::uint64_t kTorchTail = std::uint64_t{1536} << 10;

/// The same for any wheel by its file name and size; 0 if unknown.
std::uint64_t tail_of_wheel(std::string_view file_name, std::uint64_t size);

/// How many bytes at the end of a torch wheel contain its directory, by its file name; nullopt for other
/// wheels. Releases before 1.11 have up to 3,700 entries (0.17 to 0.42 MB), later ones 9,300 to 13,200 (1.08
/// to 1.36 MB).
std::optional<std::uint64_t> directory_of_wheel(std::string_view file_name);

}  // namespace launch::pytorch
