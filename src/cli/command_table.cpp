#include "cli/command_table.hpp"

namespace launch::cli {

std::span<const CommandRow> command_table() {
#define LAUNCH_COMMAND_ROW(name) CommandRow{#name, register_##name},
  static constexpr CommandRow kTable[] = {LAUNCH_COMMANDS(LAUNCH_COMMAND_ROW)};
#undef LAUNCH_COMMAND_ROW
  return kTable;
}

}  // namespace launch::cli
