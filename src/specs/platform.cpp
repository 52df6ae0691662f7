#include "specs/platform.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

struct Row {
  std::string_view text;
  std::string_view machine;
  std::string_view oci;  // GOOS/GOARCH, as the OCI image index has them
  int oldest_manylinux_glibc_minor;
};

constexpr std::array kRows = {
    Row{"linux-x86_64", "x86_64", "linux/amd64", 5},
    Row{"linux-aarch64", "aarch64", "linux/arm64", 17},
};

}  // namespace

struct PlatformTable {
  static std::optional<Platform> where(std::string_view Row::*column, std::string_view value) {
    const auto found =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.*column == value; });
    if (found == kRows.end()) return std::nullopt;
    return Platform(static_cast<int>(found - kRows.begin()));
  }
  static const Row& row(const Platform& platform) {
    return kRows.at(static_cast<std::size_t>(platform.row_));
  }
  static std::array<Platform, kRows.size()> all() {
    std::array<Platform, kRows.size()> platforms;
    for (std::size_t i = 0; i < platforms.size(); ++i) platforms.at(i) = Platform(static_cast<int>(i));
    return platforms;
  }
};

Result<Platform> Platform::parse(std::string_view text) {
  if (const auto known = PlatformTable::where(&Row::text, text)) return *known;
  std::vector<std::string> names;
  names.reserve(kRows.size());
  for (const auto& row : kRows) names.push_back(fmt::format("\"{}\"", row.text));
  return fail(
      input_error(fmt::format("unknown platform {}: expected {}", in_quotes(text), join_words(names, "or"))));
}

std::optional<Platform> Platform::of_machine(std::string_view machine) {
  return PlatformTable::where(&Row::machine, machine);
}

std::optional<Platform> Platform::of_oci(std::string_view oci) {
  return PlatformTable::where(&Row::oci, oci);
}

std::optional<Platform> Platform::of_this_machine() {
  utsname machine{};
  ::uname(&machine);
  return of_machine(machine.machine);
}

std::span<const Platform> Platform::all() {
  static const auto kAll = PlatformTable::all();
  return kAll;
}

std::string Platform::text() const {
  return std::string(PlatformTable::row(*this).text);
}

std::string Platform::machine() const {
  return std::string(PlatformTable::row(*this).machine);
}

std::string Platform::oci() const {
  return std::string(PlatformTable::row(*this).oci);
}

int Platform::oldest_manylinux_glibc_minor() const {
  return PlatformTable::row(*this).oldest_manylinux_glibc_minor;
}

}  // namespace launch::specs
