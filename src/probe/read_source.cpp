#include "probe/read_source.hpp"

#include <cstdint>

#include "base/file.hpp"

namespace launch::probe {

Result<std::string> read_source(const std::filesystem::path& file) {
  constexpr std::uint64_t kMost = std::uint64_t{64} << 20;
  return read_file(file, kMost);
}

}  // namespace launch::probe
