#include "image/turn.hpp"

#include <fmt/format.h>

namespace launch::image {

Result<std::optional<BuildTurn>> BuildTurn::try_take(Disk& disk, const std::filesystem::path& folder,
                                                     std::string_view image) {
  auto remains = std::filesystem::absolute(folder) / image;
  TRY_ASSIGN(auto lock, FileLock::try_acquire(disk, remains.string() + ".lock"));
  if (!lock) return std::nullopt;
  return BuildTurn(*std::move(lock), std::move(remains));
}

Result<BuildTurn> BuildTurn::take(const std::filesystem::path& folder, std::string_view image,
                                  const Work& work) {
  auto remains = std::filesystem::absolute(folder) / image;
  TRY_ASSIGN(auto lock,
             FileLock::wait(work, remains.string() + ".lock", LockMode::exclusive, "",
                            fmt::format("interrupted while waiting for another build of {}", image)));
  return BuildTurn(std::move(lock), std::move(remains));
}

}  // namespace launch::image
