#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/accelerator.hpp"
#include "specs/version.hpp"

namespace launch::pytorch {

/// What an installed torch says of its own build; nullopt where it says None or nothing.
struct TorchBuild {
  std::string version;                ///< torch.__version__: "2.8.0.dev20250606+cu128"
  std::optional<std::string> cuda;    ///< torch.version.cuda: "12.8"
  std::optional<std::string> hip;     ///< torch.version.hip: "6.3.42131-fa1d09cbd"
  std::optional<std::string> commit;  ///< torch.version.git_version
  friend bool operator==(const TorchBuild&, const TorchBuild&) = default;
};

/// The build that a lock names; what is unknown is not compared.
struct LockedBuild {
  specs::Version version;  ///< on the general index without a local part, even if the wheel's torch has one
  std::optional<specs::Accelerator> accelerator;
  std::optional<std::string> commit;  ///< in the wheel
};

struct BuildDifference {
  std::string_view name;  ///< as Python names it: "torch.version.cuda"
  std::string found;
  std::string expected;
  /// "torch.version.cuda is 12.6, expected 12.8"
  std::string text() const;
};

/// How the installed torch differs from the locked one. Pure.
std::vector<BuildDifference> build_differences(const LockedBuild& locked, const TorchBuild& found);

}  // namespace launch::pytorch
