#include "train/machine.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include <unistd.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

int count_gpus() {
  int count = 0;
  std::error_code code;
  for (std::filesystem::directory_iterator at("/dev", code); at != std::filesystem::directory_iterator();
       at.increment(code)) {
    const auto name = at->path().filename().string();
    // nvidiactl, nvidia-uvm and nvidia-modeset are not GPUs.
    if (name.starts_with("nvidia") && parse_u64(std::string_view(name).substr(6))) ++count;
  }
  return count;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpus = std::max(1U, std::thread::hardware_concurrency());
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    machine.memory = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  machine.gpus = count_gpus();
  return machine;
}

}  // namespace launch::train
