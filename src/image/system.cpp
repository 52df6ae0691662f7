#include "image/system.hpp"

#include <utility>

#include <fmt/format.h>

#include "archive/tree.hpp"
#include "containers/builder.hpp"
#include "image/dockerfile.hpp"
#include "image/scratch.hpp"
#include "image/turn.hpp"
#include "project/labels.hpp"

namespace launch::image {
namespace {

constexpr const char* kName = "localhost/launch/build-system";
constexpr std::size_t kEnough = 12;  // hex digits that tell images apart

/// Everything that determines the image of a system whose Dockerfile has this text.
std::string system_inputs(const SystemRequest& request, const std::string& text) {
  return fmt::format("{}\n{}\n{}", request.platform ? request.platform->text() : "",
                     project::lock_timestamp(request.lock.lock), text);
}

}  // namespace

Result<containers::Image> build_system(const SystemRequest& request, const containers::Engine& engine,
                                       const Work& work) {
  DockerfileInput input{request.recipe, request.lock, {}};
  TRY_ASSIGN(const auto text, render_system(input));
  const auto digest = Digest::of(system_inputs(request, text));
  const auto id = digest.hex().substr(0, kEnough);
  const auto tag = fmt::format("{}:{}", kName, id);
  TRY_ASSIGN(auto turn, BuildTurn::take(request.folder / "builds", fmt::format("build-system-{}", id), work));
  const containers::Builder builder(engine, turn.remains(), fmt::format("{}{}", project::kBuildMark, id),
                                    work);
  TRY(builder.remove_remains());
  TRY_ASSIGN(auto found, engine.find_image(tag));
  if (found) {
    const auto label = found->labels.find(project::kInputsLabel);
    if (label != found->labels.end() && label->second == digest.text()) return *std::move(found);
  }
  const auto& base = *request.lock.lock.provenance.base;
  TRY_ASSIGN(input.pull_name, engine.pull_name(base.name, *base.digest));
  TRY_ASSIGN(const auto dockerfile, render_system(input));
  TRY_ASSIGN(const auto scratch, ScratchFolder::make(work.disk, request.folder / "contexts"));
  const auto file = scratch.path() / "Dockerfile";
  TRY(archive::write_tree_file(
      work.disk, file, fmt::format("{}LABEL {}={}\n", dockerfile, project::kInputsLabel, digest.text())));
  containers::BuildSpec spec;
  spec.context = scratch.path();
  spec.dockerfile = file;
  spec.tag = tag;
  spec.platform = request.platform;
  spec.timestamp = project::lock_timestamp(request.lock.lock);
  spec.annotations = {{project::kInputsLabel, digest.text()}};
  spec.base = fmt::format("{}@{}", base.name, base.digest->text());
  work.reporter.status("building the system with apt");
  return builder.build(spec);
}

}  // namespace launch::image
