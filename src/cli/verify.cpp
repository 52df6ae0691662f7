#include "commands/verify.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/app.hpp"
#include "containers/engine.hpp"

namespace launch::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDescription =
    R"(Run the image of a locked recipe once, compare it with the lock, and record that it works)";

constexpr const char* kFooter =
    R"(Starts one container from the image, without network, and checks that torch has the locked version, CUDA and commit,
that the names of torch used by the code under [verify] scan can be imported, and that the recipe's smoke test
passes:

  [verify]
  scan  = ["src"]
  smoke = ["python", "-c", "import torch"]

Without smoke, everything that is locked must be installed, and nothing else beside it, and what the recipe lists must
be importable, as when a new image is tried.
The GPUs of this machine are used if the lock has CUDA.

The record, lockfiles/NAME.verified.json, says which lock and image worked on which GPU and driver, and when;
`launch lock`, `launch diff` and `launch train` quote it. If a check fails, the exit code is 1 and an existing record
of the same lock is removed. A record that was made with GPUs stays as it is on a machine without any.)";

struct VerifyOptions {
  std::string recipe;
  std::optional<std::string> engine;
};

std::string smoke_text(const std::vector<std::string>& command) {
  return command.empty() ? "what is locked is installed, and what the recipe lists can be imported"
                         : shell_line(command);
}

std::string torch_line(const commands::VerifyDocument& document) {
  const auto& torch = *document.found.torch;
  auto line = "torch " + torch.version;
  if (torch.cuda) line += ", CUDA " + *torch.cuda;
  if (torch.hip) line += ", HIP " + *torch.hip;
  line += ", commit " + torch.commit.value_or("unknown");
  if (torch.commit && !document.commit) line += " (unknown in the lock: the store does not have its wheel)";
  return line;
}

void put_verified(const commands::VerifyDocument& document, Output& output) {
  const auto& found = document.found;
  if (found.torch) output.line(printable(torch_line(document)));
  if (document.files > 0) {
    output.line(fmt::format("{} in {}: all can be imported", count_of(found.names, "name"),
                            count_of(document.files, "file")));
  }
  output.line(printable(
      fmt::format("smoke test in {}: {}", human_seconds(document.smoke_seconds), smoke_text(found.smoke))));
  output.line(printable(fmt::format("{} is {}", found.recipe, found.text())));
}

void put_problems(const commands::VerifyDocument& document, Output& output) {
  for (const auto& problem : document.problems) output.line(printable(problem.text));
  output.line(fmt::format("{} is not verified", document.found.recipe));
}

Json missing_json(const commands::VerifyDocument& document) {
  auto list = Json::array();
  for (const auto& name : document.missing) {
    auto uses = Json::array();
    for (const auto& each : name.uses) {
      if (each.fails()) uses.push_back({{"file", each.use.file}, {"line", each.use.line}});
    }
    list.push_back(
        {{"name", name.requirement.text()}, {"reason", name.answer.reason}, {"uses", std::move(uses)}});
  }
  return list;
}

std::string json_of(const commands::VerifyDocument& document) {
  auto problems = Json::array();
  for (const auto& each : document.problems)
    problems.push_back({{"kind", commands::kind_name(each.kind)}, {"text", each.text}});
  const auto found = parse_json<Json>(project::write_verification(document.found));
  const Json json = {
      {"schema", 1},
      {"recipe", document.found.recipe},
      {"verified", document.verified()},
      {"problems", std::move(problems)},
      {"missing", missing_json(document)},
      {"files", document.files},
      {"smoke",
       {{"code", document.smoke_code ? Json(*document.smoke_code) : Json(nullptr)},
        {"seconds", document.smoke_seconds},
        {"output", document.output}}},
      {"git_version", document.commit ? Json(*document.commit) : Json(nullptr)},
      {"found", found},
      {"record", document.verified() && !document.kept ? Json(document.record) : Json(nullptr)},
      {"kept", document.kept},
      {"removed", document.removed}};
  return json_text(json);
}

Result<int> run_verify(World& world, const VerifyOptions& options) {
  const auto document =
      commands::verify({.recipe = options.recipe, .engine = options.engine}, world.context,
                       [&](std::string_view line) { world.terminal.line(world.terminal.dim(line)); });
  if (!document) return ended(world, document.error(), "nothing was verified");
  world.terminal.clear();
  auto& reporter = world.context.reporter;
  if (world.json) {
    world.output.line(json_of(*document));
  } else if (document->verified()) {
    put_verified(*document, world.output);
  } else {
    put_problems(*document, world.output);
  }
  if (document->verified() && !document->kept) reporter.note(fmt::format("{} is written", document->record));
  if (document->removed)
    reporter.warn(fmt::format("{} said that this lock is verified; it was removed", document->record));
  return document->verified() ? kYes : kNo;
}

}  // namespace

void register_verify(App& app) {
  const auto options = std::make_shared<VerifyOptions>();
  auto command = app.add("verify", kDescription);
  command.footer(kFooter);
  command.option("RECIPE", &options->recipe, kRecipeHelp).required().value_name("");
  command.option("--engine", &options->engine, engine_help()).value_name("ENGINE");
  command.runs([options](World& world) { return run_verify(world, *options); });
}

}  // namespace launch::cli
