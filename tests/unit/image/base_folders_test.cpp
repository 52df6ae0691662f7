#include "image/base_folders.hpp"

#include <gmock/gmock.h>

#include "archive/tar_header.hpp"
#include "unit/image/plan_bench.hpp"

namespace launch::image {
namespace {

using archive::RootTree;
using test::PlanBench;
using testing::IsEmpty;

std::string failure(const RootTree& root) {
  const auto checked = check_base_folders(root, "docker.io/x:1");
  if (checked) return "fits";
  EXPECT_EQ(checked.error().kind(), ErrorKind::input);
  return checked.error().text();
}

TEST(CheckBaseFolders, RefusesABaseThatHasWhatIsLaunchsOwn) {
  const std::string hint =
      "\n\nhint: set another base image with `from` under [image] of the recipe, and lock again\n";
  const auto mixed = [&](const std::string& folder) {
    return "error: the base image docker.io/x:1 has " + folder +
           ", whose files would be mixed with those of the lock" + hint;
  };
  EXPECT_EQ(failure({.folders = {{"opt", {01777, 5, 6}}, {"opt/venv2", {}}, {"pythons", {}}}}), "fits");
  EXPECT_EQ(failure({.folders = {{"opt/venv", {}}}}), mixed("/opt/venv"));
  EXPECT_EQ(failure({.folders = {{"opt/venv/lib", {}}}}), mixed("/opt/venv"));
  EXPECT_EQ(failure({.links = {{"opt/venv", "/srv/venv"}}}), mixed("/opt/venv"));
  EXPECT_EQ(failure({.links = {{"opt/venv/bin/python3", "/usr/bin/python3"}}}), mixed("/opt/venv"));
  EXPECT_EQ(failure({.folders = {{"python", {}}}}), mixed("/python"));
  EXPECT_EQ(failure({.links = {{"opt", "var/opt"}}}),
            "error: the base image docker.io/x:1 has a link at /opt, which the layers of /opt/venv would "
            "replace" +
                hint);
}

TEST(CheckBaseFolders, IsDoneBeforeAnythingIsMade) {
  PlanBench bench;
  bench.base_tar = fakes::make_tar({{.name = "opt/venv/", .type = '5', .mode = 0755}});
  bench.set_base();
  EXPECT_EQ(bench.failure(),
            "error: the base image docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 has /opt/venv, whose files "
            "would be mixed with those of the lock\n\n"
            "hint: set another base image with `from` under [image] of the recipe, and lock again\n");
  EXPECT_THAT(bench.runner.jobs, IsEmpty());
}

/// The last layer, whose folders count.
std::vector<std::string> last_layer(const ImagePlan& plan, const PlanBench& bench) {
  const auto image = archive::parse_image(plan.manifest, plan.config).value();
  for (const auto& each : plan.blobs) {
    if (each.blob.digest == image.layers.back().digest)
      bench.put("last", test::read_all(*each.open().value()));
  }
  std::vector<std::string> out;
  const auto read = archive::read_root_tree({{bench.scratch / "last"}}).value();
  for (const auto& [path, access] : read.folders)
    out.push_back(fmt::format("{} {:o} {}:{}", path, access.mode, access.owner, access.group));
  return out;
}

TEST(KeepBaseFolders, TheFolderOfTheVirtualEnvironmentIsAsInTheBase) {
  const struct {
    unsigned mode;
    unsigned user;
    std::vector<std::string> last;
  } cases[] = {{0755, 0, {}}, {0775, 0, {"opt 775 0:0"}}, {01777, 65534, {"opt 1777 65534:65534"}}};
  for (const auto& each : cases) {
    PlanBench bench;
    bench.base_tar =
        archive::tar_header(
            {.path = "opt", .is_folder = true, .mode = each.mode, .owner = each.user, .group = each.user}) +
        archive::tar_end();
    bench.set_base();
    const auto plan = bench.plan();
    ASSERT_TRUE(plan) << plan.error().text();
    EXPECT_EQ(last_layer(*plan, bench), each.last);
  }
}

TEST(KeepBaseFolders, AFolderThatTheLayerHasStaysAsItIs) {
  OwnLayer layer;
  layer.members.push_back({.member = {.path = "opt", .is_folder = true, .owner = 7}});
  keep_base_folders(layer, {.folders = {{"opt", {0700, 1, 1}}}});
  ASSERT_EQ(layer.members.size(), 1U);
  EXPECT_EQ(layer.members[0].member.owner, 7U);
}

}  // namespace
}  // namespace launch::image
