// launch_fuzz TARGET [options of libFuzzer] [CORPUS…]; without a target, it lists them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/targets.hpp"

namespace {

// libFuzzer starts this program again for some options, without the target's name.
constexpr const char* kVariable = "LAUNCH_FUZZ_TARGET";

const launch::fuzz::Target* find_target(std::string_view name) {
  const auto at = std::find_if(std::begin(launch::fuzz::kTargets), std::end(launch::fuzz::kTargets),
                               [&](const auto& target) { return target.name == name; });
  return at == std::end(launch::fuzz::kTargets) ? nullptr : &*at;
}

const launch::fuzz::Target*& chosen() {
  static const launch::fuzz::Target* target = nullptr;
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc > 1 && find_target((*argv)[1]) != nullptr) {
    ::setenv(kVariable, (*argv)[1], 1);
    std::move(*argv + 2, *argv + *argc, *argv + 1);
    --*argc;
  }
  const char* name = std::getenv(kVariable);
  chosen() = name == nullptr ? nullptr : find_target(name);
  if (chosen() != nullptr) return 0;
  for (const auto& target : launch::fuzz::kTargets) std::puts(std::string(target.name).c_str());
  std::exit(*argc > 1 ? 2 : 0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen()->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
