#include "image/trial.hpp"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "image/layers.hpp"
#include "image/scripts.hpp"
#include "image/turn.hpp"
#include "project/labels.hpp"

namespace launch::image {
namespace {

/// The packages that the recipe lists itself, of those that the image has.
std::set<std::string> asked_for(const project::Recipe& recipe) {
  std::set<std::string> names;
  for (const auto& each : recipe.packages) names.insert(each.name);
  for (const auto& each : recipe.torch.packages) names.insert(each.name);
  return names;
}

Error does_not_work(const std::string& recipe, int exit_code, std::string_view said) {
  return Error(ErrorKind::no,
               fmt::format("the new image of {} does not work: a trial in it exited with code {}{}", recipe,
                           exit_code, last_lines(said)))
      .hint("use `--no-run` to skip the trial, if a package needs more than a container without GPUs");
}

}  // namespace

Result<void> try_image(const containers::Engine& engine, const Digest& image_id,
                       const project::Locked& locked, const specs::Platform& platform,
                       const std::filesystem::path& folder, const Work& work) {
  const auto& recipe = locked.recipe;
  if (platform != specs::Platform::of_this_machine()) {
    work.reporter.note(fmt::format("the image is for {} and was not tried here", platform.text()));
    return {};
  }
  TRY_ASSIGN(const auto wheels, wheels_for(locked.lock.lock, recipe.python, platform));
  const auto asked = asked_for(recipe);
  constexpr std::size_t kEnough = 32;
  TRY_ASSIGN(const auto turn,
             BuildTurn::take(folder / "builds", "trial-" + project::engine_name(recipe.name), work));
  const auto mark = Digest::of(turn.remains().string()).hex().substr(0, kEnough);
  TRY(engine.remove_containers(project::kTrialLabel, mark, 0));
  containers::RunSpec run;
  // Of this trial alone: a container in podman's storage whose engine was killed may keep its name.
  run.name = fmt::format("launch-trial-{}-{}", image_id.hex().substr(0, 12),
                         work.clock.now().time_since_epoch().count());
  run.labels = {{project::kTrialLabel, mark}};
  run.image = image_id.text();
  run.image_name = fmt::format("of {}", recipe.name);
  run.argv = {std::string(kVenvPython), "-c", std::string(kTrialScript)};
  for (const auto& wheel : wheels) run.argv.push_back(fmt::format("{}=={}", wheel.package, wheel.version));
  run.argv.emplace_back("--");
  for (const auto& wheel : wheels) {
    if (asked.contains(wheel.package)) run.argv.push_back(wheel.package);
  }
  run.network = "none";
  run.confined = true;
  run.init = false;
  work.reporter.status("trying the image");
  TRY_ASSIGN(const auto outcome, engine.run(run, {}, work.stop));
  if (outcome.cancelled) return fail(environment_error("stopped while trying the image"));
  if (outcome.ok()) return {};
  return fail(does_not_work(recipe.name, outcome.exit_code, outcome.out + outcome.err));
}

}  // namespace launch::image
