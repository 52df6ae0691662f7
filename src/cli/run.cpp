#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "cli/default_index.hpp"
#include "cli/exit_code.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    R"(From exact PyTorch wheels, to a byte-identical CUDA image, to a multi-node GPU run)";

constexpr const char* kFooter =
    R"(From recipes/demo.toml to a run:
  launch lock demo     exact wheels with their sha256, in lockfiles/pylock.demo.toml
  launch fetch demo    those wheels, in the store
  launch render demo   images/demo/Dockerfile
  launch build demo    the image, with a container engine
  launch verify demo   whether that image works, and a record of it
  launch check demo    whether the locked wheels have what the code imports
  launch train demo    the run, one container per node
  launch bump demo     later: the newest nightly that works

Exit codes: 0 yes; 1 the answer is no; 2 bad usage, recipe or input file; 3 environment failure (network, index,
engine, disk). train returns the code of the rank that failed first, 130 or 143 if interrupted.)";

struct GlobalOptions {
  std::string folder;
  bool json = false;
  bool verbose = false;
  bool quiet = false;
};

void register_globals(CLI::App& root, GlobalOptions& options) {
  root.name("launch");
  root.description(kDescription);
  root.footer(kFooter);
  root.set_version_flag("--version", std::string("launch ") + std::string(kVersion));
  root.set_help_flag("-h,--help", "Print this help and exit");
  root.require_subcommand(1);
  root.fallthrough();
  root.get_formatter()->column_width(34);
  root.add_option("-C", options.folder,
                  "Use this project folder (default: the nearest parent with a recipes/ folder)")
      ->type_name("DIR");
  root.add_flag("--json", options.json, "Print one JSON document to stdout (docs/json.md)");
  root.add_flag("-v,--verbose", options.verbose, "Print more detail to stderr");
  root.add_flag("-q,--quiet", options.quiet, "Print warnings and errors only");
}

/// CLI11 reports a mistyped command as an unexpected argument; this suggests the nearest command.
Error usage_of(const CLI::ParseError& error, const CLI::App& root,
               const std::vector<std::string>& arguments) {
  const auto first =
      std::find_if(arguments.begin(), arguments.end(), [](const auto& a) { return !a.starts_with('-'); });
  std::vector<std::string> names;
  for (const auto* command : root.get_subcommands({})) {
    if (!command->get_name().empty()) names.push_back(command->get_name());
  }
  if (root.get_subcommands().empty() && first != arguments.end()) {
    auto unknown = input_error(fmt::format("unknown command \"{}\"", *first));
    if (const auto near = did_you_mean(*first, names))
      return std::move(unknown).hint(fmt::format("did you mean \"launch {}\"?", *near));
    return std::move(unknown).hint("run `launch --help` to list the commands");
  }
  if (root.get_subcommands().empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return input_error("no command given").hint("run `launch --help` to list the commands");
  std::string message = error.what();
  if (!message.empty() && message.back() == '\n') message.pop_back();
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
    message = replace_all(std::move(message), " excludes ", " cannot be combined with ");
  const auto chosen = root.get_subcommands();
  const auto command = chosen.empty() ? std::string("launch") : "launch " + chosen.front()->get_name();
  return input_error(message).hint(fmt::format("run `{} --help` to list the options", command));
}

int report(Terminal& terminal, const Error& error) {
  terminal.error(error);
  return exit_code_of(error);
}

/// Returns the exit code. If an answer could not be written, a command that succeeded has failed.
int finish(World& world, const Result<int>& answer) {
  world.terminal.clear();
  const auto written = world.output.close();
  int code = answer ? *answer : report(world.terminal, answer.error());
  if (!written) {
    const int lost = report(world.terminal, written.error());
    if (code == kYes) code = lost;
  }
  return code;
}

Result<void> set_folder(World& world, const std::string& given) {
  std::error_code code;
  auto& context = world.context;
  context.folder_is_root = !given.empty();
  context.folder = std::filesystem::current_path(code);
  if (code) return fail(environment_error("cannot determine the working folder: " + code.message()));
  if (!context.folder_is_root) return {};
  context.folder = (context.folder / given).lexically_normal();
  if (std::filesystem::is_directory(context.folder)) return {};
  return fail(input_error(fmt::format("-C {}: no such folder", given)));
}

LogLevel level_of(const GlobalOptions& options) {
  if (options.verbose) return LogLevel::debug;
  return options.quiet ? LogLevel::warning : LogLevel::info;
}

}  // namespace

int run_command_line(std::vector<std::string> arguments, World world) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const bool has_rest = dashes != arguments.end();
  if (has_rest) world.rest.assign(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());

  CLI::App root;
  GlobalOptions options;
  Chosen chosen;
  App app(root, chosen);
  register_globals(root, options);
  for (const auto& command : command_table()) command.add(app);
  try {
    auto reversed = arguments;
    std::reverse(reversed.begin(), reversed.end());
    root.parse(std::move(reversed));
  } catch (const CLI::Success& done) {
    std::ostringstream text;  // --help, --version
    const int code = root.exit(done, text, text);
    world.output.write(text.str());
    return finish(world, code);
  } catch (const CLI::ParseError& error) {
    return report(world.terminal, usage_of(error, root, arguments));
  }

  log_start(level_of(options), world.terminal.colour(), world.terminal.live());
  world.json = options.json;
  world.verbose = options.verbose;
  world.context.default_index = kDefaultIndex;
  if (auto folder = set_folder(world, options.folder); !folder) return report(world.terminal, folder.error());
  if (has_rest && !chosen.takes_rest) {
    return report(world.terminal,
                  input_error(fmt::format("launch {} takes no arguments after --",
                                          root.get_subcommands().front()->get_name()))
                      .hint("only `launch train RECIPE -- ARGS` passes ARGS on, to the training script"));
  }
  return finish(world, chosen.run(world));
}

}  // namespace launch::cli
