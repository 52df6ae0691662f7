#pragma once

#include <span>
#include <string_view>

namespace launch::cli {

class App;

/// Every command, in the order of --help. A new command needs its own file, which defines `void
/// register_NAME(App&)`, and one row here.
#define LAUNCH_COMMANDS(ROW) \
  ROW(init)                  \
  ROW(lock)                  \
  ROW(diff)                  \
  ROW(fetch)                 \
  ROW(render)                \
  ROW(build)                 \
  ROW(verify)                \
  ROW(bump)                  \
  ROW(serve)                 \
  ROW(check)                 \
  ROW(scan)                  \
  ROW(matrix)                \
  ROW(bisect)                \
  ROW(range)                 \
  ROW(train)                 \
  ROW(runs)                  \
  ROW(logs)                  \
  ROW(stop)                  \
  ROW(store)                 \
  ROW(fabric)                \
  ROW(guard)                 \
  ROW(manual)                \
  ROW(doctor)

#define LAUNCH_DECLARE_COMMAND(name) void register_##name(App& app);
LAUNCH_COMMANDS(LAUNCH_DECLARE_COMMAND)
#undef LAUNCH_DECLARE_COMMAND

struct CommandRow {
  std::string_view name;
  void (*add)(App&);
};

std::span<const CommandRow> command_table();

}  // namespace launch::cli
