// Files created for an image: the folder is removed with its object.

#include <cerrno>

#include "commands/build_folder.hpp"
#include "containers/builder.hpp"
#include "containers/engine.hpp"
#include "fakes/values.hpp"
#include "image/context.hpp"
#include "image/scratch.hpp"
#include "image/turn.hpp"
#include "unit/writers/writing.hpp"

namespace launch::writing {
namespace {

Result<void> write_image_context(Bench& bench) {
  TRY_ASSIGN(const auto folder, image::ScratchFolder::make(bench.work.disk, bench.root() / "contexts"));
  image::ContextSpec spec;
  spec.python = fakes::python("3.11");
  spec.interpreter = "/usr/bin/python3.11";
  spec.dockerfile = "FROM scratch\n";
  spec.wheels = {{"app", bench.root() / "app.whl"}};
  TRY(image::write_context(folder.path() / "context", spec, bench.work));
  return {};
}
Result<void> take_turn(Bench& bench) {
  TRY(image::BuildTurn::take(bench.root() / "builds", "demo", bench.work));
  return {};
}
/// With a podman whose interrupted builds leave something.
Result<void> build_image(Bench& bench) {
  fakes::FakeRunner runner;
  runner.on("podman images --all --quiet --no-trunc", {0, ""});
  auto podman = *containers::engine_named("podman");
  podman.build_places.emplace();
  const containers::Engine engine(podman, runner, {}, bench.work);
  TRY(containers::Builder(engine, bench.root() / "builds/demo", "mark", bench.work).build({}));
  return {};
}
/// What a build from source sees, and what is kept of it.
Result<void> make_build_folder(Bench& bench) {
  TRY_ASSIGN(const auto folder, image::ScratchFolder::make(bench.work.disk, bench.root() / "contexts"));
  const locking::SourceBuild wanted{.package = "app",
                                    .version = "1.0",
                                    .archive = bench.root() / "app.whl",
                                    .sha256 = fakes::digest('a'),
                                    .record = {},
                                    .needs = {},
                                    .how = {}};
  TRY(commands::make_build_folder(bench.work.disk, folder.path(), wanted));
  return commands::keep_log(bench.work.disk, bench.root() / "source-builds/app-1.0.log", "log\n");
}
Result<void> point_podman(Bench& bench) {
  return probe(bench, {{"docker.io", "mirror.example", false}});
}

const std::string kContext = "contexts/build-NEW/context/";
const std::string kSite = kContext + "wheels/app/lib/python3.11/site-packages/";
const std::string kUnpacking = "unpacking app.whl";
const std::string kPointing = "pointing podman at the mirrors of the site's [[registry]] entries";

INSTANTIATE_TEST_SUITE_P(
    Images, Writer,
    testing::Values(
        Fault{"ContextNoFolder", make_wheel, write_image_context, Call{"make_new_folder", "contexts", ENOSPC},
              full("create the folder", "contexts/build-NEW")},
        Fault{"ContextNoLock", make_wheel, write_image_context, Call{"open", "build-", EIO},
              broken("lock", "contexts/build-NEW.lock")},
        Fault{"ContextDockerfile", make_wheel, write_image_context, Call{"write", "/Dockerfile", ENOSPC},
              full("write", kContext + "Dockerfile")},
        Fault{"ContextDockerignore", make_wheel, write_image_context, Call{"write", "/.dockerignore", ENOSPC},
              full("write", kContext + ".dockerignore")},
        Fault{"ContextVenv", make_wheel, write_image_context, Call{"make_folder", "venv", ENOSPC},
              full("create the folder", kContext + "venv")},
        Fault{"ContextLink", make_wheel, write_image_context, Call{"symlink", "python3", ENOSPC},
              full("create the link", kContext + "venv/bin/python3")},
        Fault{"ContextSmallFile", make_wheel, write_image_context, Call{"write", "METADATA", ENOSPC},
              full("write", kSite + "app-1.0.dist-info/METADATA", kUnpacking)},
        Fault{"ContextLargeFile", make_wheel, write_image_context, Call{"reserve", "large.bin", ENOSPC},
              full("write", kSite + "app/large.bin", kUnpacking)},
        Fault{"ContextRecord", make_wheel, write_image_context, Call{"write", "RECORD", EIO},
              broken("write", kSite + "app-1.0.dist-info/RECORD", kUnpacking)},
        Fault{"Turn", nothing, take_turn, Call{"open", "demo.lock", EIO}, broken("lock", "builds/demo.lock")},
        Fault{"RegistriesNoSpace", make_podman, point_podman, Call{"write", "registries-", ENOSPC},
              full("write", "engine/registries-[KEY].conf", kPointing)},
        Fault{"RegistriesNotRenamed", make_podman, point_podman, Call{"rename", "registries-", EIO},
              broken("write", "engine/registries-[KEY].conf", kPointing)},
        Fault{"SourceFolder", make_wheel, make_build_folder, Call{"make_folder", "in/wheels", ENOSPC},
              full("create the folder", "contexts/build-NEW/in/wheels")},
        Fault{"SourceScript", make_wheel, make_build_folder, Call{"write", "build_wheel.py", ENOSPC},
              full("write", "contexts/build-NEW/in/build_wheel.py")},
        Fault{"SourceLog", make_wheel, make_build_folder, Call{"write", "app-1.0.log", ENOSPC},
              full("write", "source-builds/app-1.0.log")},
        Fault{"BuildNoSpace", nothing, build_image, Call{"write", "builds/demo", ENOSPC},
              full("write", "builds/demo/before.json")}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace launch::writing
