#include "image/trial.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "image/inside.hpp"
#include "image/scripts.hpp"
#include "project/labels.hpp"

namespace launch::image {
namespace {

constexpr Purpose kTrial{"trial", project::kTrialLabel};

/// The packages that the recipe lists itself.
std::set<std::string> asked_for(const project::Recipe& recipe) {
  std::set<std::string> names;
  for (const auto& each : recipe.packages) names.insert(each.name);
  for (const auto& each : recipe.torch.packages) names.insert(each.name);
  return names;
}

/// A word for one trial.
std::string word_of(const Digest& image_id, const Clock& clock) {
  constexpr std::size_t kEnough = 32;
  const auto now = clock.now().time_since_epoch().count();
  return Digest::of(fmt::format("{} {}", image_id.hex(), now)).hex().substr(0, kEnough);
}

Error does_not_work(const std::string& recipe, const ProcessOutcome& outcome) {
  return Error(ErrorKind::no,
               fmt::format("the new image of {} does not work: a trial in it exited with code {}{}{}", recipe,
                           outcome.exit_code, outcome.ok() ? " before it was done" : "",
                           last_lines(outcome.out + outcome.err)))
      .hint("use `--no-run` to skip the trial, if a package needs more than a container without GPUs");
}

}  // namespace

std::vector<std::string> trial_command(const std::vector<ImageWheel>& wheels, const project::Recipe& recipe,
                                       const std::string& word) {
  std::vector<std::string> argv = {std::string(kVenvPython), "-c", std::string(kTrialScript)};
  if (!word.empty()) argv.insert(argv.end(), {"--word", word});
  for (const auto& wheel : wheels) argv.push_back(fmt::format("{}=={}", wheel.package, wheel.version));
  argv.emplace_back("--");
  const auto asked = asked_for(recipe);
  for (const auto& wheel : wheels) {
    if (asked.contains(wheel.package)) argv.push_back(wheel.package);
  }
  return argv;
}

Result<void> try_image(const containers::Engine& engine, const Digest& image_id,
                       const project::Locked& locked, const specs::Platform& platform,
                       const std::filesystem::path& folder, const Work& work) {
  const auto& recipe = locked.recipe;
  if (platform != specs::Platform::of_this_machine()) {
    work.reporter.note(fmt::format("the image is for {} and was not tried here", platform.text()));
    return {};
  }
  TRY_ASSIGN(const auto wheels, wheels_for(locked.lock.lock, recipe.python, platform));
  containers::RunSpec run;
  // Anything in the image may end Python with 0; what nobody could know before tells that it did not.
  const auto word = word_of(image_id, work.clock);
  run.argv = trial_command(wheels, recipe, word);
  run.confined = true;
  run.init = false;
  work.reporter.status("trying the image");
  TRY_ASSIGN(const auto outcome,
             run_inside(engine, {recipe.name, image_id, folder}, kTrial, std::move(run), {}, work));
  if (outcome.cancelled) return fail(environment_error("stopped while trying the image"));
  const auto said = lines(outcome.out);
  if (outcome.ok() && std::find(said.begin(), said.end(), word) != said.end()) return {};
  return fail(does_not_work(recipe.name, outcome));
}

}  // namespace launch::image
