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
    R"(Download the wheels of a lock into the store, in parallel, resumable, each checked by its sha256)";

constexpr const char* kFooter =
    R"(LOCK is a name (demo means lockfiles/pylock.demo.toml) or the path of any PEP 751 lock. The store is shared by
all projects; `launch doctor` prints its location. Wheels in the store are hashed again, not downloaded. If the
lock names wheels by path, they are linked to those paths too, so that pip and uv can install the lock. An
interrupted download resumes.

Examples:
  launch fetch demo                    then: pip install -r lockfiles/pylock.demo.toml
  launch fetch demo --to wheelhouse    all wheels in one folder, for a machine without a network:
                                       pip install --no-index --find-links wheelhouse torch
)";

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
                              others == 0 ? "" : fmt::format("; the other {} were in the store", others)));
  }
  for (const auto& folder : fetched.folders) reporter.note(fmt::format("wheels are in {}", folder));
}

std::string json_of(const commands::FetchDocument& fetched) {
  using Json = nlohmann::ordered_json;
  auto wheels = Json::array();
  for (std::size_t i = 0; i < fetched.wheels.size(); ++i) {
    wheels.push_back({{"name", fetched.wheels[i].file_name},
                      {"sha256", fetched.wheels[i].sha256->hex()},
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
    return ended(world, fetched.error(), "what was downloaded is kept; run `launch fetch` again to resume");
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
  command.option("LOCK", &options->lock, "Name of a recipe, or path of a lock").required().value_name("");
  command.option("--to", &options->to, "Also put all wheels into this folder").value_name("DIR");
  command.runs([options](World& world) { return run_fetch(world, *options); });
}

}  // namespace launch::cli
