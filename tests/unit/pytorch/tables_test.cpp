#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fakes/values.hpp"
#include "pytorch/accelerator_images.hpp"
#include "pytorch/builds.hpp"
#include "pytorch/packages.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::pytorch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string row(const std::vector<std::string>& cells) {
  return join(cells, " | ");
}

TEST(Tables, OfToolkitsAreWhole) {
  std::vector<std::string> rows;
  for (const auto& each : cuda_toolkits()) {
    rows.push_back(
        row({each.accelerator.text(), each.version, each.distribution, each.driver_floor, each.gpu_floor}));
    EXPECT_EQ(cuda_toolkit(each.accelerator)->version, each.version);
  }
  EXPECT_THAT(rows, ElementsAre("cu118 | 11.8.0 | ubuntu 22.04 | 450.80.02 | 3.7",
                                "cu121 | 12.1.1 | ubuntu 22.04 | 525.60.13 | 5.0",
                                "cu124 | 12.4.1 | ubuntu 22.04 | 525.60.13 | 5.0",
                                "cu126 | 12.6.3 | ubuntu 24.04 | 525.60.13 | 5.0",
                                "cu128 | 12.8.1 | ubuntu 24.04 | 525.60.13 | 7.0",
                                "cu129 | 12.9.1 | ubuntu 24.04 | 525.60.13 | 7.0",
                                "cu130 | 13.0.3 | ubuntu 24.04 | 580 | 7.5",
                                "cu132 | 13.2.1 | ubuntu 24.04 | 580 | 7.5",
                                "cu134 | 13.4.2 | ubuntu 24.04 | 580 | 7.5"));
}

TEST(Tables, OfImagesForOtherAcceleratorsAreWhole) {
  std::vector<std::string> rows;
  for (const auto& each : accelerator_images()) {
    rows.push_back(row({each.accelerator.text(), each.variant, each.text(), each.distribution}));
    const auto reference = specs::ImageReference::parse(each.text()).value();
    EXPECT_EQ(distribution_of_accelerator_image(reference)->name, each.distribution);
  }
  EXPECT_THAT(
      rows,
      ElementsAre("rocm6.2 | base | docker.io/rocm/dev-ubuntu-22.04:6.2 | ubuntu 22.04",
                  "rocm6.2 | devel | docker.io/rocm/dev-ubuntu-22.04:6.2-complete | ubuntu 22.04",
                  "rocm6.2.4 | base | docker.io/rocm/dev-ubuntu-22.04:6.2.4 | ubuntu 22.04",
                  "rocm6.3 | base | docker.io/rocm/dev-ubuntu-24.04:6.3.3 | ubuntu 24.04",
                  "rocm6.3 | devel | docker.io/rocm/dev-ubuntu-24.04:6.3.4-complete | ubuntu 24.04",
                  "rocm6.4 | base | docker.io/rocm/dev-ubuntu-24.04:6.4.4 | ubuntu 24.04",
                  "rocm6.4 | devel | docker.io/rocm/dev-ubuntu-24.04:6.4.4-complete | ubuntu 24.04",
                  "rocm7.0 | base | docker.io/rocm/dev-ubuntu-24.04:7.0.2 | ubuntu 24.04",
                  "rocm7.0 | devel | docker.io/rocm/dev-ubuntu-24.04:7.0.2-complete | ubuntu 24.04",
                  "rocm7.1 | base | docker.io/rocm/dev-ubuntu-24.04:7.1 | ubuntu 24.04",
                  "rocm7.1 | devel | docker.io/rocm/dev-ubuntu-24.04:7.1.1-complete | ubuntu 24.04",
                  "rocm7.2 | base | docker.io/rocm/dev-ubuntu-24.04:7.2.4 | ubuntu 24.04",
                  "rocm7.2 | devel | docker.io/rocm/dev-ubuntu-24.04:7.2.4-complete | ubuntu 24.04",
                  "xpu | devel | docker.io/intel/deep-learning-essentials:2025.3.2-0-devel-ubuntu24.04 | "
                  "ubuntu 24.04"));
}

TEST(AcceleratorImage, IsThatOfTheVariantElseTheDevelImage) {
  const auto image = [](std::string_view accelerator, std::string_view variant) {
    const auto found = accelerator_image(fakes::accelerator(accelerator), variant);
    return found ? found->tag : "none";
  };
  EXPECT_EQ(image("rocm6.4", "base"), "6.4.4");
  EXPECT_EQ(image("rocm6.4", "runtime"), "6.4.4");
  EXPECT_EQ(image("rocm6.4", "devel"), "6.4.4-complete");
  EXPECT_EQ(image("xpu", "base"), "2025.3.2-0-devel-ubuntu24.04");
  EXPECT_EQ(image("rocm6.2.4", "devel"), "none") << "the plain image has no compilers";
  EXPECT_EQ(image("rocm5.7", "base"), "none");
  EXPECT_EQ(image("cpu", "base"), "none");
}

TEST(Tables, OfDistributionsAreWhole) {
  std::vector<std::string> rows;
  for (const auto& each : distributions()) {
    rows.push_back(row({each.name, each.title, each.python.text(), std::to_string(each.glibc_minor),
                        each.snapshots ? each.snapshots->text() : "-", each.image, each.tag}));
  }
  EXPECT_THAT(
      rows,
      ElementsAre("ubuntu 22.04 | Ubuntu 22.04 | 3.10 | 35 | 2023-03-01 | docker.io/library/ubuntu:22.04 | "
                  "ubuntu22.04",
                  "debian 12 | Debian 12 | 3.11 | 36 | - | docker.io/library/debian:12-slim | debian12",
                  "ubuntu 24.04 | Ubuntu 24.04 | 3.12 | 39 | 2024-04-25 | docker.io/library/ubuntu:24.04 | "
                  "ubuntu24.04",
                  "debian 13 | Debian 13 | 3.13 | 41 | - | docker.io/library/debian:13-slim | debian13"));
  EXPECT_EQ(least_glibc_minor(), 35);
  EXPECT_EQ(apt_distribution("ubuntu 22.04").name, "ubuntu 22.04");
  EXPECT_EQ(apt_distribution("").name, "debian 13");
}

TEST(Tables, OfBaseDigestsNameImagesThatReferencesCanName) {
  for (const auto& row : base_digests()) {
    const auto reference = specs::ImageReference::parse(row.image + ":" + row.tag).value();
    EXPECT_EQ(reference.name(), row.image);
    EXPECT_TRUE(known_base(reference, std::vector{fakes::x86()})) << row.tag;
  }
  EXPECT_EQ(base_digests().size(), 17U);
}

TEST(Tables, ThatCannotBeReadSayWhy) {
  const std::string heading =
      "accelerator\tversion\tdistribution\tdriver-floor\tgpu-floor\timage-source\tdriver-source\tgpu-"
      "source\n";
  EXPECT_EQ(read_toolkits(heading + "cu128\t12.6.3\tubuntu 24.04\t580\t7.0\ts\ts\ts\n").error().text(),
            "error: toolkits.tsv: expected a version of cu128, found \"12.6.3\"\n");
  EXPECT_EQ(read_toolkits(heading + "cu128\t12.8.1\tubuntu 99\t580\t7.0\ts\ts\ts\n").error().text(),
            "error: toolkits.tsv: expected a known distribution, found \"ubuntu 99\"\n");
  EXPECT_EQ(read_toolkits(heading + "cu128\t12.8.1\tubuntu 24.04\t580\tsm_70\ts\ts\ts\n").error().text(),
            "error: toolkits.tsv: expected a version, found \"sm_70\"\n");
  const auto image_error = [](const std::string& cells) {
    return read_accelerator_images("accelerator\tvariant\timage\ttag\tdistribution\tsource\n" + cells)
        .error()
        .text();
  };
  EXPECT_EQ(image_error("xpu\truntime\tdocker.io/a/b\t1\tubuntu 24.04\ts\n"),
            "error: accelerator_images.tsv: expected base or devel, found \"runtime\"\n");
  EXPECT_EQ(image_error("xpu\tbase\ta/b\t1\tubuntu 24.04\ts\n"),
            "error: accelerator_images.tsv: expected a whole name and a tag, found \"a/b:1\"\n");
  EXPECT_EQ(image_error("xpu\tbase\tdocker.io/a/b\t1\tubuntu 99\ts\n"),
            "error: accelerator_images.tsv: expected a known distribution, found \"ubuntu 99\"\n");
  EXPECT_THAT(
      read_package_rules("name\tfrom\tpart\tlibrary\tsource\ntorch\tmoon\tother\tno\ts\n").error().text(),
      HasSubstr("packages.tsv: the row of \"torch\" has an unknown value: torch, moon"));
  EXPECT_THAT(read_base_digests("image\ttag\tof\tdigest\tsource\na\tb\tindex\tsha256:1\ts\n").error().text(),
              HasSubstr("base_images.tsv: expected sha256:…, found \"sha256:1\""));
}

TEST(KnownBase, ServesThePlatformsThatItsDigestIsOf) {
  const auto known = [](const std::string& tag, const std::vector<specs::Platform>& platforms) {
    const auto reference = specs::ImageReference::parse("docker.io/nvidia/cuda:" + tag).value();
    const auto base = known_base(reference, platforms);
    if (!base) return std::string("none");
    auto text = base->digest.hex().substr(0, 4);
    for (const auto& [platform, digest] : base->platforms)
      text += " " + platform.text() + "=" + digest.hex().substr(0, 4);
    return text;
  };
  const std::vector x86 = {fakes::x86()};
  const std::vector both = {fakes::x86(), fakes::arm()};
  EXPECT_EQ(known("12.8.1-base-ubuntu24.04", x86), "133c linux-x86_64=e711");
  EXPECT_EQ(known("12.8.1-base-ubuntu24.04", both), "133c linux-x86_64=e711") << "of the index";
  EXPECT_EQ(known("13.0.3-base-ubuntu24.04", both), "7c74 linux-x86_64=97d0 linux-aarch64=56d9");
  EXPECT_EQ(known("13.0.3-base-ubuntu24.04", {fakes::arm()}), "7c74 linux-aarch64=56d9");
  EXPECT_EQ(known("12.4.1-devel-ubuntu22.04", x86), "da67") << "its source does not say of what";
  EXPECT_EQ(known("12.4.1-devel-ubuntu22.04", both), "none");
  EXPECT_EQ(known("12.4.1-devel-ubuntu22.04", {fakes::arm()}), "none");
  EXPECT_EQ(known("12.8.0-base-ubuntu24.04", x86), "none");
}

TEST(Packages, ComeFromWhereTheirRuleSays) {
  using From = PackageRule::From;
  using Part = PackageRule::Part;
  const auto is = [](std::string_view name, From from, Part part) {
    const auto rule = rule_of(name);
    return rule.from == from && rule.part == part;
  };
  EXPECT_TRUE(is("torch", From::channel, Part::torch));
  EXPECT_TRUE(is("torchtriton", From::channel, Part::triton));
  EXPECT_TRUE(is("pytorch-triton", From::channel, Part::triton));
  EXPECT_TRUE(is("torchdata", From::channel_first, Part::other));
  EXPECT_TRUE(is("nvidia-nccl-cu12", From::channel_first, Part::toolkit));
  EXPECT_TRUE(is("cuda-toolkit", From::channel_first, Part::toolkit));
  EXPECT_TRUE(is("onemkl-sycl-blas", From::channel_first, Part::toolkit));
  EXPECT_TRUE(is("numpy", From::general, Part::other));
  EXPECT_EQ(package_rules().size(), 18U);
  EXPECT_THAT(library_names(), ElementsAre("torch", "torchvision", "torchaudio"));
  EXPECT_EQ(known_names().size(), 49U);
  EXPECT_THAT(known_names(), testing::Contains("deepspeed"));
}

TEST(Packages, TheDirectoryOfATorchWheelIsLargeSinceItHasHeaders) {
  const auto kib = [](const char* file) { return directory_of_wheel(file).value_or(0) >> 10; };
  EXPECT_EQ(kib("torch-1.10.2-cp39-cp39-manylinux1_x86_64.whl"), 416U);
  EXPECT_EQ(kib("torch-1.11.0-cp310-cp310-manylinux1_x86_64.whl"), 1376U);
  EXPECT_EQ(kib("torch-1.11.0.dev20211220+cpu-cp39-cp39-linux_x86_64.whl"), 1376U);
  EXPECT_EQ(kib("torch-2.15.0-cp315-cp315-manylinux_2_28_x86_64.whl"), 1376U);
  EXPECT_EQ(directory_of_wheel("torchvision-0.20.0-cp312-cp312-manylinux1_x86_64.whl"), std::nullopt);
  EXPECT_EQ(directory_of_wheel("torch"), std::nullopt);
}

TEST(Packages, TellTheirCudaToolkit) {
  const auto version = [](std::vector<std::pair<std::string, std::string>> packages) {
    std::vector<specs::Version> versions;
    for (const auto& [name, text] : packages) versions.push_back(specs::Version::parse(text).value());
    std::vector<NamedVersion> named;
    for (std::size_t i = 0; i < packages.size(); ++i) named.push_back({packages[i].first, &versions[i]});
    return cuda_version_of(named).value_or("none");
  };
  EXPECT_EQ(version({{"numpy", "2.0"}, {"nvidia-cuda-runtime-cu12", "12.8.90"}}), "12.8");
  EXPECT_EQ(version({{"nvidia-cuda-runtime", "13.0.96"}, {"cuda-toolkit", "13.0.2"}}), "13.0.2");
  EXPECT_EQ(version({{"nvidia-cudnn-cu12", "9.1"}}), "none");
}

TEST(Builds, AreThoseOfAPageByTheirNight) {
  const std::vector<index::IndexFile> files = {
      {.file_name = "torch-2.9.0.dev20250606+cu128-cp312-cp312-linux_x86_64.whl"},
      {.file_name = "torch-2.9.0.tar.gz"},
      {.file_name = "nonsense.whl"},
      {.file_name = "torch-2.9.0.dev20250605+cu128-1a-cp312-cp312-linux_x86_64.whl"},
      {.file_name = "torch-2.8.0-cp312-cp312-linux_x86_64.whl"},
  };
  const auto builds = builds_of(files);
  ASSERT_EQ(builds.size(), 3U);
  EXPECT_EQ(builds[1].file, 3U);
  EXPECT_EQ(builds[1].number, "1a");
  EXPECT_EQ(builds[1].tags, "cp312-cp312-linux_x86_64");
  const auto nights = nights_of(builds);
  ASSERT_EQ(nights.size(), 2U);
  EXPECT_EQ(nights.begin()->first, fakes::day("2025-06-05"));
  EXPECT_THAT(nights.begin()->second, ElementsAre(&builds[1]));
}

}  // namespace
}  // namespace launch::pytorch
