#include "commands/fetch.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"

namespace launch::cli {
namespace {

constexpr const char* kDescription =
    "Fetches the wheels of a lock into the wheel store, side by side, resumed and checked by their sha256.";

constexpr const char* kFooter =
    "LOCK is a name (demo stands for lockfiles/pylock.demo.toml) or a path to any PEP 751 lock. The store is "
    "shared by\n"
    "all projects (`launch doctor` says where it is); what is there is hashed again and not fetched. Where "
    "the lock\n"
    "names wheels by path, they are put there as well (hard links to the store), so that pip and uv can "
    "install it.\n"
    "An interrupted fetch goes on where it was.\n"
    "\n"
    "Examples:\n"
    "  launch fetch demo                    then: pip install -r lockfiles/pylock.demo.toml\n"
    "  launch fetch demo --to wheelhouse    all wheels in one folder, for a machine without a network:\n"
    "                                       pip install --no-index --find-links wheelhouse torch\n";

struct FetchOptions {
  std::string lock;
  std::string to;
};

void tell(const commands::FetchDocument& fetched, Reporter& reporter) {
  std::uint64_t bytes = 0;
  for (const auto& wheel : fetched.wheels) bytes += wheel.size;
  const auto all = fetched.wheels.size();
  if (fetched.downloaded == 0) {
    reporter.note(fmt::format("{} ({}) of {} are in the store, checked in {}", count_of(all, "wheel"),
                              human_bytes(bytes), fetched.lock, human_seconds(fetched.seconds)));
  } else {
    const auto others = all - fetched.downloaded;
    reporter.note(fmt::format("fetched {} ({}) in {}{}", count_of(fetched.downloaded, "wheel"),
                              human_bytes(fetched.bytes), human_seconds(fetched.seconds),
                              others == 0 ? "" : fmt::format("; the other {} were there", others)));
  }
  for (const auto& folder : fetched.folders) reporter.note(fmt::format("wheels are in {}", folder));
}

std::string json_of(const commands::FetchDocument& fetched) {
  using Json = nlohmann::ordered_json;
  auto wheels = Json::array();
  for (std::size_t i = 0; i < fetched.wheels.size(); ++i) {
    wheels.push_back({{"name", fetched.wheels[i].file_name},
                      {"sha256", fetched.wheels[i].sha256},
                      {"size", fetched.wheels[i].size},
                      {"path", fetched.paths[i].string()}});
  }
  const Json json = {{"schema", 1},
                     {"lock", fetched.lock},
                     {"downloaded", fetched.downloaded},
                     {"bytes", fetched.bytes},
                     {"wheels", std::move(wheels)}};
  return json_text(json);
}

Result<int> run_fetch(World& world, const FetchOptions& options) {
  commands::FetchRequest request{.lock = options.lock};
  if (!options.to.empty()) request.to = options.to;
  const auto fetched = commands::fetch(request, world.context);
  if (!fetched) {
    return ended(world, fetched.error(),
                 "what was fetched is kept, and the next `launch fetch` goes on from there");
  }
  world.terminal.clear();
  tell(*fetched, world.context.reporter);
  if (world.json) world.output.line(json_of(*fetched));
  return 0;
}

}  // namespace

void register_fetch(App& app) {
  const auto options = std::make_shared<FetchOptions>();
  auto command = app.add("fetch", kDescription);
  command.footer(kFooter);
  command.option("LOCK", &options->lock, "A recipe's name, or a lock's path").required().value_name("");
  command.option("--to", &options->to, "Put all wheels into this folder as well").value_name("DIR");
  command.runs([options](World& world) { return run_fetch(world, *options); });
}

}  // namespace launch::cli
