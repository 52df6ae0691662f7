#include "commands/build_failure.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::commands {
namespace {

bool has_any(std::string_view log, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return log.find(word) != std::string_view::npos; });
}

/// The module of the last "No module named 'x'"; empty if there is none.
std::string missing_module(std::string_view log) {
  constexpr std::string_view kWords = "No module named '";
  const auto at = log.rfind(kWords);
  if (at == std::string_view::npos) return {};
  const auto name = log.substr(at + kWords.size());
  return std::string(name.substr(0, name.find_first_of(".'")));
}

}  // namespace

Error build_failure(std::string_view what, const std::string& package, int exit_code, std::string_view log,
                    const std::filesystem::path& file) {
  auto error = input_error(fmt::format("{} cannot be built from source: the build exited with code {}{}",
                                       what, exit_code, last_lines(log)));
  const auto table = fmt::format("[lock.build.{}]", package);
  const auto module = missing_module(log);
  if (module == "torch") {
    error.hint(fmt::format("it imports torch while it is built: set isolation = false under {}", table));
  } else if (!module.empty()) {
    error.hint(
        fmt::format("it imports {} while it is built: add the package to requires under {}", module, table));
  }
  if (has_any(log, {"gcc: not found", "g++: not found", "'gcc' failed", "'g++' failed",
                    "command 'x86_64-linux-gnu-gcc' failed: No such file", "command 'cc' failed",
                    "No such file or directory: 'gcc'", "No such file or directory: 'g++'",
                    "No such file or directory: 'c++'", "error: Microsoft Visual C++"}) ||
      (log.find("-linux-gnu-g") != std::string_view::npos &&
       log.find("No such file or directory") != std::string_view::npos)) {
    error.hint(fmt::format("it needs a compiler: set apt = [\"g++\"] under {}", table));
  }
  if (has_any(log, {"nvcc was not found", "CUDA_HOME environment variable is not set", "nvcc: not found"}))
    error.hint(fmt::format("it needs the CUDA compiler: set variant = \"devel\" under {}", table));
  error.hint(fmt::format("the whole output is in {}", file.string()));
  return error;
}

}  // namespace launch::commands
