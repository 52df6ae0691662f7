#include "image/inside.hpp"

#include <utility>

#include <fmt/format.h>

#include "image/turn.hpp"
#include "project/project.hpp"

namespace launch::image {

Result<ProcessOutcome> run_inside(const containers::Engine& engine, const InsideOf& image,
                                  const Purpose& purpose, containers::RunSpec run,
                                  const std::function<void(Stream, std::string_view)>& on_line,
                                  const Work& work) {
  constexpr std::size_t kEnough = 32;
  constexpr std::size_t kShort = 12;
  const auto name = fmt::format("{}-{}", purpose.word, project::engine_name(image.recipe));
  TRY_ASSIGN(const auto turn, BuildTurn::take(image.folder / "builds", name, work));
  const auto mark = Digest::of(turn.remains().string()).hex().substr(0, kEnough);
  TRY(engine.remove_containers(purpose.label, mark, 0));
  // Of this run alone: a container in podman's storage whose engine was killed may keep its name.
  run.name = fmt::format("launch-{}-{}-{}", purpose.word, image.image_id.hex().substr(0, kShort),
                         work.clock.now().time_since_epoch().count());
  run.labels = {{purpose.label, mark}};
  run.image = image.image_id.text();
  run.network = "none";
  run.image_name = fmt::format("of {}", image.recipe);
  return engine.run(run, on_line, work.stop);
}

}  // namespace launch::image
