#include "image/turn.hpp"

#include <chrono>

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
  constexpr std::chrono::milliseconds kPause{100};
  while (!work.stop.stop_requested()) {
    TRY_ASSIGN(auto turn, try_take(work.disk, folder, image));
    if (turn) return *std::move(turn);
    work.clock.sleep(kPause, work.stop);
  }
  return fail(environment_error(fmt::format("interrupted while waiting for another build of {}", image)));
}

}  // namespace launch::image
