#include "cli/world.hpp"

#include <utility>

#include <fmt/format.h>

namespace launch::cli {

Result<int> ended(const World& world, Error error, std::string_view meaning) {
  if (!world.context.stop.stop_requested()) return fail(std::move(error));
  world.terminal.clear();
  world.terminal.line(fmt::format("interrupted; {}", meaning));
  return 128 + world.context.signal();
}

}  // namespace launch::cli
