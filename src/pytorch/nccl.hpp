#pragma once

#include <string_view>

namespace launch::pytorch {

/// True for the packages that torch's wheels load NCCL from: nvidia-nccl-cu12, nvidia-nccl-cu13. Their
/// version is NCCL's release.
bool is_nccl_package(std::string_view name);

}  // namespace launch::pytorch
