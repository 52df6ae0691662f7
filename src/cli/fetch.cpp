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
lock names wheels by path, they are linked to those paths too, so that pip and uv can install the lock. Of a
package without wheels, the source archive is fetched; one from version control or a folder is named. The archives
of a standalone Python are fetched too. An interrupted download resumes.

Examples:
  launch fetch demo                      then: pip install -r lockfiles/pylock.demo.toml
  launch fetch demo --to wheelhouse      all files in one folder, to carry to a machine without a network
  launch fetch demo --from wheelhouse    there: fill the store from it, for launch build, check and train
  pip install --no-index --find-links wheelhouse torch
)";

struct FetchOptions {
  std::string lock;
  std::string to;
  std::string from;
};

/// The source archives on one line, with what becomes of them.
std::string archives_text(const commands::FetchDocument& fetched) {
  constexpr std::size_t kMostShown = 5;
  std::vector<std::string> names;
  for (std::size_t i = fetched.wheels; i < fetched.files.size() - fetched.interpreters; ++i)
    names.push_back(fetched.files[i].file_name);
  const auto count = names.size();
  if (count > kMostShown) {
    names.resize(kMostShown);
    names.push_back(fmt::format("{} more", count - kMostShown));
  }
  return fmt::format("{} of them {}, which pip and uv build to install: {}", count,
                     count == 1 ? "is a source archive" : "are source archives", join_words(names));
}

/// What to do for a package that was not fetched. `to`: the folder that gets the files; empty without one.
std::string not_fetched_text(const commands::NotFetched& one, const std::string& to) {
  const auto folder = to.empty() ? "" : fmt::format("-w {} ", shell_quote(to));
  if (one.kind == project::LockedSource::Kind::directory) {
    return fmt::format(
        "{0} is not fetched: the lock names the folder {1}, which must be where the lock is installed; or "
        "build its wheel there: `pip wheel --no-deps {2}{3}`",
        one.package, one.where, folder, shell_quote(one.where));
  }
  return fmt::format(
      "{0} is not fetched: pip and uv clone {1} when they install the lock; for a machine without a network, "
      "build its wheel: `pip wheel --no-deps {2}{3}`",
      one.package, one.where, folder, shell_quote(fmt::format("{} @ {}", one.package, one.where)));
}

void tell(const commands::FetchDocument& fetched, const FetchOptions& options, Reporter& reporter) {
  std::uint64_t bytes = 0;
  for (const auto& file : fetched.files) bytes += file.size;
  const auto all = fetched.files.size();
  const auto* noun = fetched.wheels == all ? "wheel" : "file";
  if (fetched.taken != 0)
    reporter.note(fmt::format("{} came from {}", count_of(fetched.taken, noun), options.from));
  if (fetched.downloaded == 0) {
    reporter.note(fmt::format("{} ({}) of {} {} in the store, checked in {}", count_of(all, noun),
                              human_bytes(bytes), fetched.lock, all == 1 ? "is" : "are",
                              human_seconds(fetched.seconds)));
  } else {
    const auto others = all - fetched.downloaded;
    reporter.note(fmt::format("fetched {} ({}) in {}{}", count_of(fetched.downloaded, noun),
                              human_bytes(fetched.bytes), human_seconds(fetched.seconds),
                              others == 0   ? ""
                              : others == 1 ? "; the other one was in the store"
                                            : fmt::format("; the other {} were in the store", others)));
  }
  if (fetched.wheels + fetched.interpreters != all) reporter.note(archives_text(fetched));
  for (const auto& folder : fetched.folders) reporter.note(fmt::format("{}s are in {}", noun, folder));
  for (const auto& one : fetched.not_fetched) reporter.warn(not_fetched_text(one, options.to));
}

std::string json_of(const commands::FetchDocument& fetched) {
  using Json = nlohmann::ordered_json;
  auto wheels = Json::array();
  auto archives = Json::array();
  auto interpreters = Json::array();
  const auto others = fetched.files.size() - fetched.interpreters;
  for (std::size_t i = 0; i < fetched.files.size(); ++i) {
    const auto& file = fetched.files[i];
    (i < fetched.wheels ? wheels
     : i < others       ? archives
                        : interpreters)
        .push_back({{"name", file.file_name},
                    {"sha256", file.sha256->hex()},
                    {"size", file.size},
                    {"path", fetched.paths[i].string()}});
  }
  auto not_fetched = Json::array();
  for (const auto& one : fetched.not_fetched) {
    const bool is_vcs = one.kind == project::LockedSource::Kind::vcs;
    not_fetched.push_back(
        {{"name", one.package}, {"kind", is_vcs ? "vcs" : "directory"}, {"where", one.where}});
  }
  const Json json = {{"schema", 1},
                     {"lock", fetched.lock},
                     {"taken", fetched.taken},
                     {"downloaded", fetched.downloaded},
                     {"bytes", fetched.bytes},
                     {"wheels", std::move(wheels)},
                     {"archives", std::move(archives)},
                     {"interpreters", std::move(interpreters)},
                     {"not_fetched", std::move(not_fetched)}};
  return json_text(json);
}

Result<int> run_fetch(World& world, const FetchOptions& options) {
  commands::FetchRequest request{.lock = options.lock};
  if (!options.to.empty()) request.to = options.to;
  if (!options.from.empty()) request.from = options.from;
  const auto fetched = commands::fetch(request, world.context);
  if (!fetched) {
    return ended(world, fetched.error(), "what was downloaded is kept; run `launch fetch` again to resume");
  }
  world.terminal.clear();
  tell(*fetched, options, world.context.reporter);
  if (world.json) world.output.line(json_of(*fetched));
  return 0;
}

}  // namespace

void register_fetch(App& app) {
  const auto options = std::make_shared<FetchOptions>();
  auto command = app.add("fetch", kDescription);
  command.footer(kFooter);
  command.option("LOCK", &options->lock, "Name of a recipe, or path of a lock").required().value_name("");
  command.option("--to", &options->to, "Also put all files into this folder").value_name("DIR");
  command
      .option("--from", &options->from,
              "Take what the store lacks from this folder before asking the network")
      .value_name("DIR");
  command.runs([options](World& world) { return run_fetch(world, *options); });
}

}  // namespace launch::cli
