#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace launch::pytorch {

/// A row of data/packages.tsv: what is known of a package, or of all whose names begin alike.
struct PackageRule {
  enum class From {
    channel,        ///< from PyTorch's channel and from nowhere else (no dependency confusion)
    channel_first,  ///< from the channel if it serves the name, else from the general index
    general,        ///< from the general index
  };
  enum class Part { cuda, torch, other };

  std::string name;  ///< "torch", or "nvidia-" with `is_prefix`
  bool is_prefix = false;
  From from = From::general;
  Part part = Part::other;
  bool library = false;  ///< `check` and `scan` ask for its names where nothing else is said
};

/// Errors (input): a row that cannot be read.
Result<std::vector<PackageRule>> read_package_rules(std::string_view text);
const std::vector<PackageRule>& package_rules();

/// What is known of a package (normalized name); of one that belongs to nobody here, that it comes from the
/// general index.
PackageRule rule_of(std::string_view package);

/// PyTorch's own libraries, whose names code imports: torch, torchvision, torchaudio. Each is its top-level
/// module's name as well.
std::vector<std::string> library_names();

/// Names that people mean when they mistype one in a recipe of this kind.
Result<std::vector<std::string>> read_known_names(std::string_view text);
const std::vector<std::string>& known_names();

/// How many last bytes of a torch wheel hold its directory and METADATA: it has about 11,000 entries, a
/// directory of 1.0 to 1.4 MB.
inline constexpr std::uint64_t kTorchTail = std::uint64_t{1536} << 10;

/// That of a wheel by its file name and size; 0: nothing is known of this wheel.
std::uint64_t tail_of_wheel(std::string_view file_name, std::uint64_t size);

}  // namespace launch::pytorch
