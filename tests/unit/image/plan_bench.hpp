#pragma once

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "archive/gzip.hpp"
#include "archive/oci_image.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/urls.hpp"
#include "image/plan.hpp"
#include "unit/base/scratch.hpp"
#include "unit/image/compiling_runner.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image::test {

inline constexpr const char* kNight = "2.8.0.dev20250606+cu128";

/// Everything that an image is planned from: a lock of three wheels and a standalone Python, a base image of
/// one layer, a store, and fetches that count.
struct PlanBench {
  PlanBench() {
    base_image.architecture = platform == fakes::x86() ? "amd64" : "arm64";
    base_image.created = "2025-01-02T03:04:05Z";
    base_image.run.environment = {"PATH=/usr/bin", "CUDA_VERSION=12.8.1"};
    base_image.run.entrypoint = {"/entrypoint.sh"};
    base_tar = fakes::make_tar({{.name = "etc/", .type = '5', .mode = 0755},
                                {.name = "etc/passwd", .content = "root:x:0:0::/root:/bin/sh\n"},
                                {.name = "lib", .type = '2', .target = "usr/lib"}});
    set_base();
    const auto archive = interpreter_archive();
    put("cpython-3.12.4.tar.gz", archive);
    project::PythonBuild build{fakes::python("3.12"), 4, {}};
    build.archives.insert({platform, {fakes::url("https://pypi.example/a.tar.gz"), Digest::of(archive)}});
    locked.lock.lock.provenance.interpreter = build;
    locked.lock.lock.provenance.date = fakes::day("2025-06-06");
    lock_wheels(kNight);
  }

  /// Locks the wheels of a night: a package of NVIDIA's, torch, and one that is the same every night.
  void lock_wheels(const std::string& night) {
    locked.lock.lock.packages = {
        locked_wheel("nvidia-nvtx-cu12", "12.8.55", {{"nvidia/__init__.py", "n = 1\n"}}),
        locked_wheel("numpy", "2.2.6", {{"numpy/__init__.py", "x = 1\n"}}),
        locked_wheel("torch", night,
                     {{"torch/__init__.py", "night = '" + night + "'\n"},
                      {"torch/lib.txt", std::string(70'000, 't')}})};
  }
  project::LockedPackage locked_wheel(const std::string& name, const std::string& version,
                                      std::map<std::string, std::string> files) {
    auto package = project::test::package(name, version, 0);
    const auto bytes = fakes::make_wheel({.name = name, .version = version, .files = std::move(files)});
    auto& wheel = package.wheels.front();
    wheel.size = bytes.size();
    wheel.sha256 = Digest::of(bytes);
    put(wheel.file_name, bytes);
    return package;
  }
  /// Makes the base image of `base_tar` and `base_image`.
  void set_base() {
    auto image = base_image;
    const auto layer = fakes::gzip(base_tar);
    image.add({{std::string(archive::kGzipLayerType), Digest::of(layer), layer.size()},
               Digest::of(base_tar),
               "the base"});
    config = archive::image_config_text(image);
    manifest = archive::image_manifest_text(image);
    put("base.tar.gz", layer);
  }

  PlanRequest request() {
    PlanRequest request{locked, copies, platform, scratch.path(), {}, {}, {}, {}};
    request.fetch =
        [this](
            const std::vector<project::LockedWheel>& wheels) -> Result<std::vector<std::filesystem::path>> {
      if (offline) return fail(environment_error("no wheel may be fetched"));
      ++fetches;
      std::vector<std::filesystem::path> paths;
      for (const auto& wheel : wheels) {
        TRY_ASSIGN(auto path, store.add(scratch / wheel.file_name, *wheel.sha256, wheel.file_name));
        paths.push_back(std::move(path));
      }
      return paths;
    };
    request.fetch_interpreter = [this](const specs::Platform&) -> Result<std::filesystem::path> {
      return scratch / "cpython-3.12.4.tar.gz";
    };
    request.fetch_base = [this](const specs::Platform&) -> Result<store::PulledImage> {
      return store::PulledImage{Digest::of(manifest), manifest, config, {scratch / "base.tar.gz"}};
    };
    return request;
  }
  Result<ImagePlan> plan() { return plan_image(request(), store, runner, work); }
  std::string failure() {
    const auto made = plan();
    return made ? "planned" : made.error().text();
  }
  void put(const std::string& name, const std::string& bytes) const {
    EXPECT_TRUE(write_file(scratch / name, bytes));
  }

  launch::test::Scratch scratch;
  fakes::FakeWork fake;
  Work work = fake;
  store::Store store = store::Store::open(scratch / "store", fake).value();
  CompilingRunner runner;
  specs::Platform platform = specs::Platform::of_this_machine().value();
  project::Locked locked{project::test::recipe("python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\n"
                                               "packages = [\"numpy\"]\n[image]\nenv = { A = 'a' }\n"),
                         project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12"))};
  std::vector<ProjectCopy> copies;
  archive::Image base_image;
  std::string base_tar;
  std::string manifest;
  std::string config;
  bool offline = false;
  int fetches = 0;
};

inline std::string read_all(const net::BodySource& body) {
  std::string out(body.size(), '\0');
  std::size_t done = 0;
  while (done < out.size()) done += body.read(done, std::span(out).subspan(done)).value();
  return out;
}

}  // namespace launch::image::test
