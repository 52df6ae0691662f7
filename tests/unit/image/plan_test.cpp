#include "image/plan.hpp"

#include <set>

#include <gmock/gmock.h>

#include "archive/estargz.hpp"
#include "archive/tar.hpp"
#include "image/project_contents.hpp"
#include "project/labels.hpp"
#include "unit/base/opened_files.hpp"
#include "unit/image/plan_bench.hpp"

namespace launch::image {
namespace {

using test::PlanBench;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

archive::Image image_of(const ImagePlan& plan) {
  return archive::parse_image(plan.manifest, plan.config).value();
}
std::vector<std::string> history(const ImagePlan& plan) {
  std::vector<std::string> out;
  for (const auto& line : image_of(plan).history) out.push_back(line.created_by);
  return out;
}
/// Digests of layers by what made them.
std::map<std::string, Digest> layers(const ImagePlan& plan) {
  const auto image = image_of(plan);
  std::map<std::string, Digest> out;
  for (std::size_t i = 0; i < image.layers.size(); ++i)
    out.insert({image.history.at(i).created_by, image.layers[i].digest});
  return out;
}
const PlannedBlob& blob(const ImagePlan& plan, const Digest& digest) {
  return *std::find_if(plan.blobs.begin(), plan.blobs.end(),
                       [&](const auto& each) { return each.blob.digest == digest; });
}

TEST(PlanImage, StacksWhatChangesLeastFirst) {
  PlanBench bench;
  const auto plan = bench.plan();
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_THAT(history(*plan),
              ElementsAre("the base", "Python 3.12.4", "bytecode of Python 3.12.4", "virtual environment",
                          "nvidia-nvtx-cu12 12.8.55", "torch " + std::string(test::kNight), "numpy 2.2.6",
                          "bytecode of the toolkit's packages", "bytecode of other packages",
                          "bytecode of torch's packages", "what hides the files of eStargz"));
  ASSERT_EQ(plan->wheels.size(), 3U);
  EXPECT_THAT(plan->wheels[1].wheels,
              ElementsAre("torch-" + std::string(test::kNight) + "-py3-none-any.whl"));
  EXPECT_EQ(plan->wheels[1].digest, image_of(*plan).diff_ids.at(5));
  EXPECT_GT(plan->wheels[1].size, 70'000U);
  EXPECT_EQ(bench.fetches, 1) << "all wheels at once";
}

TEST(PlanImage, KnowsEveryBlobToTheLastByte) {
  PlanBench bench;
  const auto plan = bench.plan().value();
  const auto image = image_of(plan);
  std::set<Digest> digests;
  for (const auto& each : plan.blobs) {
    EXPECT_TRUE(digests.insert(each.blob.digest).second) << each.name << " twice";
    const auto bytes = test::read_all(*each.open().value());
    EXPECT_EQ(bytes.size(), each.blob.size) << each.name;
    EXPECT_EQ(Digest::of(bytes), each.blob.digest) << each.name;
  }
  EXPECT_TRUE(digests.contains(plan.image_id()));
  EXPECT_EQ(digests.size(), image.layers.size() + 1);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const auto& layer = image.layers[i];
    bench.put("layer", test::read_all(*blob(plan, layer.digest).open().value()));
    EXPECT_EQ(archive::gunzipped(bench.scratch / "layer").value().digest, image.diff_ids[i]) << i;
    EXPECT_EQ(layer.annotations.contains(std::string(archive::kTocAnnotation)),
              blob(plan, layer.digest).name.find("bytecode") != std::string::npos || (i >= 4 && i <= 6))
        << i;
  }
  EXPECT_EQ(blob(plan, image.layers[0].digest).name, "layer 1 of the base image");
  EXPECT_EQ(blob(plan, image.layers[6].digest).name, "the layer of numpy 2.2.6");
}

TEST(PlanImage, KnowsHowLargeEachLayerIs) {
  PlanBench bench;
  const auto plan = bench.plan().value();
  const auto image = image_of(plan);
  ASSERT_EQ(plan.layers.size(), image.layers.size());
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const auto& layer = plan.layers[i];
    EXPECT_EQ(layer.digest, image.diff_ids[i]) << layer.name;
    EXPECT_EQ(layer.compressed, image.layers[i].size) << layer.name;
    const auto tar = image.layers[i].annotations.find(std::string(archive::kTarSizeAnnotation));
    if (tar == image.layers[i].annotations.end()) continue;
    EXPECT_EQ(fmt::to_string(layer.unpacked.value()), tar->second) << layer.name;
  }
  EXPECT_EQ(plan.layers[0].name, "layer 1 of the base image");
  EXPECT_EQ(plan.layers[0].unpacked, bench.base_tar.size());
  EXPECT_EQ(plan.layers[1].name, "Python 3.12.4");
  EXPECT_EQ(plan.layers[1].unpacked,
            archive::gunzipped(bench.scratch / "cpython-3.12.4.tar.gz").value().size);
  EXPECT_EQ(plan.layers[6].name, "numpy 2.2.6");
  EXPECT_EQ(plan.layers.back().name, "what hides the files of eStargz");
  EXPECT_GT(plan.layers.back().unpacked, 512U);
}

TEST(PlanImage, WarnsOfAUserOfTheBaseThatTheLockDoesNotName) {
  PlanBench bench;
  bench.base_image.run.user = "65534";
  bench.set_base();
  ASSERT_TRUE(bench.plan());
  EXPECT_THAT(bench.fake.reporter.warnings,
              ElementsAre("the base image docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 runs as the user "
                          "\"65534\", of whom the lock does not know; run `launch lock demo --upgrade`"));
  bench.fake.reporter.warnings.clear();
  bench.locked.lock.lock.provenance.base->user = "65534";
  ASSERT_TRUE(bench.plan());
  EXPECT_THAT(bench.fake.reporter.warnings, IsEmpty());
}

TEST(PlanImage, SaysHowItRunsAndWhatItIs) {
  PlanBench bench;
  const auto plan = bench.plan().value();
  const auto image = image_of(plan);
  EXPECT_EQ(image.architecture, bench.base_image.architecture);
  EXPECT_EQ(image.created, "2025-06-06T00:00:00Z");
  EXPECT_THAT(image.run.environment, Contains("PATH=/opt/venv/bin:/usr/bin"));
  EXPECT_THAT(image.run.environment, Contains("CUDA_VERSION=12.8.1"));
  EXPECT_THAT(image.run.environment, Contains("A=a"));
  EXPECT_THAT(image.run.entrypoint, IsEmpty());
  EXPECT_THAT(image.run.labels, Contains(Pair("org.opencontainers.image.title", "demo")));
  EXPECT_EQ(image.annotations.at("org.opencontainers.image.base.digest"), project::test::kDigest);
  EXPECT_EQ(image.annotations.count("launch.lock"), 0U) << "a label only";
  EXPECT_EQ(plan.digest(), Digest::of(plan.manifest));
}

TEST(PlanImage, IsTheSameInAnotherStoreOnAnotherDay) {
  PlanBench first;
  PlanBench second;
  second.fake.clock.sleep(std::chrono::days(40), {});
  const auto plan = first.plan().value();
  EXPECT_EQ(second.plan()->digest(), plan.digest());
  first.runner.calls.clear();
  first.offline = true;
  const auto again = first.plan();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->manifest, plan.manifest);
  EXPECT_THAT(first.runner.calls, IsEmpty()) << "nothing is compiled again";
}

TEST(PlanImage, OfAnotherNightKeepsAllButTorch) {
  PlanBench bench;
  const auto before = layers(bench.plan().value());
  bench.lock_wheels("2.8.0.dev20250607+cu128");
  bench.locked.lock.lock.provenance.date = fakes::day("2025-06-07");
  const auto after = layers(bench.plan().value());
  std::vector<std::string> changed;
  for (const auto& [name, digest] : after) {
    const auto old = before.find(name);
    if (old == before.end() || old->second != digest) changed.push_back(name);
  }
  EXPECT_THAT(changed, ElementsAre("bytecode of torch's packages", "torch 2.8.0.dev20250607+cu128"));
}

TEST(PlanImage, FetchesAWheelThatIsGone) {
  PlanBench bench;
  const auto plan = bench.plan().value();
  const auto& wheel = bench.locked.lock.lock.packages[2].wheels.front();
  std::filesystem::remove(bench.store.path_of(*wheel.sha256, wheel.file_name));
  bench.offline = true;
  EXPECT_EQ(bench.failure(), "error: no wheel may be fetched\n");
  bench.offline = false;
  EXPECT_EQ(bench.plan()->digest(), plan.digest());
  EXPECT_EQ(bench.fetches, 2);
}

TEST(PlanImage, HasTheUserAndTheProject) {
  PlanBench bench;
  bench.locked.recipe.image.user = "trainer";
  bench.put("train.py", "print(1)\n");
  bench.copies = {{"/lib/app/", "trainer", {{.source = bench.scratch / "train.py", .path = "train.py"}}}};
  const auto plan = bench.plan().value();
  EXPECT_THAT(history(plan), Contains("virtual environment, user trainer"));
  EXPECT_EQ(history(plan).back(), "the project's files");
  const auto image = image_of(plan);
  EXPECT_EQ(image.run.user, "trainer");
  EXPECT_EQ(image.run.folder, "/lib/app/");
  EXPECT_EQ(project::digest_label(image.run.labels, project::kFilesLabel),
            labelled_digest(bench.copies).value());
  std::map<std::string, std::string> content;
  std::map<std::string, unsigned> owner;
  for (const auto& name : {"virtual environment, user trainer", "the project's files"}) {
    bench.put("layer", test::read_all(*blob(plan, layers(plan).at(name)).open().value()));
    const archive::TarVisitor visitor = {.enter = [&](const archive::TarEntry& entry) -> Result<bool> {
                                           EXPECT_EQ(entry.time, 315'532'800) << entry.name;
                                           owner[entry.name] = entry.owner;
                                           return entry.kind == archive::TarEntry::Kind::file;
                                         },
                                         .take =
                                             [&](const archive::TarEntry& entry, std::string text) {
                                               content[entry.name] = std::move(text);
                                               return Result<void>();
                                             }};
    ASSERT_TRUE(archive::read_tar_gz(bench.scratch / "layer", {1 << 20, 100, 1 << 20}, visitor));
  }
  EXPECT_EQ(content.at("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\ntrainer:x:1001:1001::/home/trainer:/bin/bash\n");
  EXPECT_EQ(content.at("usr/lib/app/train.py"), "print(1)\n") << "lib is a link of the base";
  EXPECT_EQ(owner.at("usr/lib/app/train.py"), 1001U);
  EXPECT_EQ(owner.at("home/trainer/"), 1001U);

  // What the layers of the base hold is known the second time.
  bench.put("base.tar.gz", "not read again");
  const auto again = bench.plan();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->digest(), plan.digest());
}

TEST(PlanImage, ReadsTheProjectOnlyIfItChanged) {
  PlanBench bench;
  bench.put("files/train.py", "print(1)\n");
  const auto source = bench.scratch / "files/train.py";
  bench.copies = {{"/app/", kRootOwner, {{.source = source, .path = "train.py"}}}};
  ASSERT_TRUE(read_changed_files(bench.copies));
  const launch::test::OpenedFiles opened(bench.scratch / "files");
  const auto plan = bench.plan().value();
  EXPECT_THAT(opened.names(), ElementsAre("train.py")) << "for the digests of its layer";
  const auto again = bench.plan().value();
  EXPECT_EQ(again.digest(), plan.digest());
  EXPECT_THAT(opened.names(), IsEmpty());

  const auto& layer = blob(again, layers(again).at("the project's files"));
  EXPECT_EQ(Digest::of(test::read_all(*layer.open().value())), layer.blob.digest);
  bench.put("files/train.py", "print(2)\n");
  std::string buffer(layer.blob.size, '\0');
  EXPECT_EQ(layer.open().value()->read(0, buffer).error().message(),
            source.string() + " has changed since it was first read");
  const auto edited = bench.plan().value();
  EXPECT_NE(edited.digest(), plan.digest());
  EXPECT_NE(image_of(edited).run.labels, image_of(plan).run.labels);
}

TEST(PlanImage, NamesWhatIsWrong) {
  PlanBench bench;
  bench.base_tar = fakes::make_tar({{.name = "etc/passwd", .content = "ubuntu:x:1001:1001::/:/bin/sh\n"}});
  bench.set_base();
  bench.locked.recipe.image.user = "trainer";
  EXPECT_EQ(bench.failure(),
            "error: the base image has a user \"ubuntu\" with the ID 1001, which \"trainer\" would get\n"
            "  while adding the user \"trainer\"\n\nhint: set user = \"ubuntu\" under [image]\n");
  bench.locked.recipe.image.user.reset();
  bench.locked.lock.lock.packages[1].wheels.front().file_name = "numpy-2.2.6-cp39-cp39-win_amd64.whl";
  EXPECT_EQ(bench.failure(),
            fmt::format("error: the lock has no wheel of numpy 2.2.6 for Python 3.12 on {} with "
                        "glibc 2.39\n  while reading lockfiles/pylock.demo.toml\n",
                        bench.platform.text()));
  bench.lock_wheels(test::kNight);
  bench.config = "{}";
  EXPECT_THAT(
      bench.failure(),
      testing::EndsWith("\n  while reading the base image docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04\n"));
  bench.set_base();
  bench.put("cpython-3.12.4.tar.gz", "plain");
  EXPECT_EQ(bench.failure(),
            "error: not a valid .tar.gz file: it is not compressed by gzip\n"
            "  while unpacking cpython-3.12.4.tar.gz\n");
}

TEST(PlanImage, AWheelThatIsNoneIsNamed) {
  PlanBench bench;
  auto& wheel = bench.locked.lock.lock.packages[1].wheels.front();
  const auto bytes = fakes::make_zip({{"a.py", "x"}});
  wheel.sha256 = Digest::of(bytes);
  bench.put(wheel.file_name, bytes);
  EXPECT_EQ(bench.failure(),
            "error: the wheel cannot be installed: it has no .dist-info folder\n"
            "  while reading numpy-2.2.6-py3-none-any.whl\n");
}

TEST(CanBePlanned, WhatHasAPythonOfItsOwn) {
  PlanBench bench;
  EXPECT_TRUE(can_be_planned(bench.locked));
  bench.locked.lock.lock.provenance.interpreter.reset();
  EXPECT_FALSE(can_be_planned(bench.locked));
}

}  // namespace
}  // namespace launch::image
