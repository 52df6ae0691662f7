#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/index_server.hpp"
#include "scenarios/scenario.hpp"

namespace launch::scenarios {

/// A project with code, and an index with torch 2.3.1.
class CheckScenario : public ::testing::Test {
 protected:
  CheckScenario() {
    scenario_.set("LAUNCH_INDEX_URL", index_.url());
    scenario_.set("UV_NO_CONFIG", "1");
    scenario_.hide(index_.url(), "[INDEX]");
    wheel_ = index_.add({.name = "torch",
                         .version = "2.3.1",
                         .files = {{"torch/__init__.py", "from .nn import Module\n"},
                                   {"torch/nn/__init__.py", "class Module: pass\n"},
                                   {"torch/lazy.py", "def __getattr__(name): return getattr(x, name)\n"}},
                         .tags = "cp311-cp311-manylinux_2_28_x86_64"});
    scenario_.write(
        "src/train.py",
        "import torch\nfrom torch import (\n    Module,\n    Gone,\n)\n"
        "from torch.lazy import perhaps\n\n\ndef run():\n    import torch.distributed.pipelining\n"
        "try:\n    import torch.extra\nexcept ImportError:\n    pass\n");
  }

  /// lockfiles/pylock.demo.toml with the wheel by `place`: url = "…" or path = "…".
  void lock(const std::string& place) {
    scenario_.write(
        "lockfiles/pylock.demo.toml",
        fmt::format("lock-version = \"1.0\"\ncreated-by = \"test\"\n\n[[packages]]\nname = \"torch\"\n"
                    "version = \"2.3.1\"\nwheels = [{{ {}, name = \"{}\", size = {}, hashes = {{ sha256 = "
                    "\"{}\" }} }}]\n",
                    place, wheel_, index_.bytes(wheel_).size(), index_.sha256(wheel_)));
  }

  /// lockfiles/pylock.demo.toml with these wheels by URL, and what stands behind them.
  void lock_all(const std::vector<fakes::WheelSpec>& wheels, const std::string& more = "") {
    std::string text = "lock-version = \"1.0\"\ncreated-by = \"test\"\nrequires-python = \"==3.11.*\"\n";
    for (const auto& spec : wheels) {
      const auto wheel = index_.add(spec);
      text += fmt::format(
          "\n[[packages]]\nname = \"{}\"\nversion = \"{}\"\n"
          "wheels = [{{ url = \"{}\", size = {}, hashes = {{ sha256 = \"{}\" }} }}]\n",
          spec.name, spec.version, index_.file_url(wheel), index_.bytes(wheel).size(), index_.sha256(wheel));
    }
    scenario_.write("lockfiles/pylock.demo.toml", text + more);
  }

  /// lockfiles/pylock.demo.toml of two platforms: torch 2.3.1 on x86_64, `other` on aarch64, and torchvision
  /// with a wheel for x86_64 alone.
  void lock_of_two(const fakes::WheelSpec& other) {
    std::string text = "lock-version = \"1.0\"\ncreated-by = \"test\"\nrequires-python = \"==3.11.*\"\n";
    const auto add = [&](const std::string& name, const std::string& wheel, const std::string& marker) {
      text += fmt::format(
          "\n[[packages]]\nname = \"{}\"\n{}"
          "wheels = [{{ url = \"{}\", size = {}, hashes = {{ sha256 = \"{}\" }} }}]\n",
          name, marker, index_.file_url(wheel), index_.bytes(wheel).size(), index_.sha256(wheel));
    };
    add("torch", index_.add(other), "marker = \"platform_machine == 'aarch64'\"\n");
    add("torch", wheel_, "marker = \"platform_machine == 'x86_64'\"\n");
    add("torchvision",
        index_.add({.name = "torchvision",
                    .version = "0.18.1",
                    .files = {{"torchvision/__init__.py", "x = 1\n"}},
                    .tags = "cp311-cp311-manylinux_2_28_x86_64"}),
        "");
    text += fmt::format(
        "\n[tool.launch]\nrecipe = \"sha256:{}\"\nchannel = \"index\"\n"
        "platforms = [\"linux-x86_64\", \"linux-aarch64\"]\n",
        std::string(64, 'a'));
    scenario_.write("lockfiles/pylock.demo.toml", text);
  }

  static fakes::WheelSpec aarch64(const std::string& version, const std::string& torch) {
    return {.name = "torch",
            .version = version,
            .files = {{"torch/__init__.py", torch},
                      {"torch/nn/__init__.py", "class Module: pass\n"},
                      {"torch/lazy.py", "def __getattr__(name): return getattr(x, name)\n"}},
            .tags = "cp311-cp311-manylinux_2_28_aarch64"};
  }

  static constexpr const char* kAnswer =
      "torch.Gone: no (torch/__init__.py of torch 2.3.1 has no Gone)\n"
      "  src/train.py:4:5\n"
      "    Gone,\n"
      "    ^^^^\n"
      "torch.distributed.pipelining: no (torch 2.3.1 has no module torch/distributed)\n"
      "  src/train.py:10:12, on a path\n"
      "    import torch.distributed.pipelining\n"
      "           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
      "torch.lazy.perhaps: unknown (__getattr__ in torch/lazy.py may provide it)\n"
      "  src/train.py:6:24\n"
      "    from torch.lazy import perhaps\n"
      "                           ^^^^^^^\n"
      "1 optional name is missing (-v shows it)\n"
      "torch 2.3.1: 6 names in 1 file: 2 yes, 3 no (1 of them not needed), 1 unknown\n";

  Scenario scenario_;
  fakes::IndexServer index_;
  std::string wheel_;
};

}  // namespace launch::scenarios
