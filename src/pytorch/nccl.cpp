#include "pytorch/nccl.hpp"

#include "base/text.hpp"

namespace launch::pytorch {

bool is_nccl_package(std::string_view name) {
  constexpr std::string_view kName = "nvidia-nccl";
  if (!name.starts_with(kName)) return false;
  name.remove_prefix(kName.size());
  constexpr std::string_view kCuda = "-cu";
  return name.empty() || (name.starts_with(kCuda) && parse_u64(name.substr(kCuda.size())));
}

}  // namespace launch::pytorch
