#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/gpu_set.hpp"
#include "specs/platform.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::specs {
namespace {

TEST(PlatformTest, EachNameLeadsToTheSameRow) {
  for (const auto& platform : Platform::all()) {
    EXPECT_EQ(Platform::parse(platform.text()).value(), platform);
    EXPECT_EQ(Platform::of_machine(platform.machine()), platform);
    EXPECT_EQ(Platform::of_oci(platform.oci()), platform);
  }
  EXPECT_EQ(Platform::parse("linux-aarch64")->oci(), "linux/arm64");
  EXPECT_EQ(Platform().text(), "linux-x86_64");
  EXPECT_EQ(Platform::of_machine("riscv64"), std::nullopt);
  EXPECT_EQ(Platform::of_oci("linux/riscv64"), std::nullopt);
  EXPECT_EQ(Platform::parse("linux-amd64").error().text(),
            "error: unknown platform \"linux-amd64\": expected \"linux-x86_64\" or \"linux-aarch64\"\n");
}

TEST(AcceleratorTest, IsReadAndWrittenTheSame) {
  for (const std::string text :
       {"cu92", "cu118", "cu128", "rocm6.3", "rocm6.2.4", "rocm5.10", "xpu", "cpu"}) {
    const auto accelerator = Accelerator::parse(text);
    ASSERT_TRUE(accelerator) << accelerator.error().text();
    EXPECT_EQ(accelerator->text(), text);
  }
  EXPECT_EQ(Accelerator::parse("cu128").value(), Accelerator::cuda(12, 8));
  EXPECT_EQ(Accelerator::cuda(13, 0).text(), "cu130");
  EXPECT_EQ(Accelerator::parse("cu128")->version(), "12.8");
  EXPECT_EQ(Accelerator::parse("rocm6.2.4")->version(), "6.2.4");
  EXPECT_EQ(Accelerator::parse("xpu")->version(), "");
  EXPECT_EQ(Accelerator(), Accelerator::parse("cpu").value());
}

TEST(AcceleratorTest, RefusesWhatNoChannelHas) {
  for (const std::string text : {"", "cu", "cu1", "cu12.8", "cu12345", "cu012", "cuda128", "../cu128", "CPU",
                                 "cpu2", "rocm6", "rocm6.", "rocm6.3.1.2", "rocm06.3", "rocm6.x", "xpu1"}) {
    const auto accelerator = Accelerator::parse(text);
    ASSERT_FALSE(accelerator) << text;
    EXPECT_EQ(accelerator.error().text(), "error: unknown accelerator \"" + text +
                                              "\": expected cuXXX, rocmX.Y, xpu or cpu, such as cu128\n");
  }
}

TEST(AcceleratorTest, OfALocalVersion) {
  const auto text_of = [](std::string_view local) {
    const auto found = Accelerator::of_local_version(local);
    return found ? found->text() : "none";
  };
  EXPECT_EQ(text_of("cu121"), "cu121");
  EXPECT_EQ(text_of("cu121.full"), "cu121");
  EXPECT_EQ(text_of("cpu.cxx11.abi"), "cpu");
  EXPECT_EQ(text_of("rocm6.3"), "rocm6.3");
  EXPECT_EQ(text_of("git0d4682f0"), "none");
  EXPECT_EQ(text_of(""), "none");
}

TEST(DayTest, IsReadAndWrittenTheSame) {
  const auto day = Day::parse("2024-02-29");
  ASSERT_TRUE(day);
  EXPECT_EQ(day->text(), "2024-02-29");
  EXPECT_EQ(day->digits(), "20240229");
  EXPECT_EQ(Day::of_digits("20240229"), day);
  EXPECT_LT(*day, *Day::parse("2024-03-01"));
  EXPECT_EQ(day->next(), Day::parse("2024-03-01"));
  EXPECT_EQ(day->previous(), Day::parse("2024-02-28"));
  EXPECT_EQ(day->midnight().time_since_epoch().count(), 1709164800);
  for (const std::string text :
       {"2025-02-29", "2025-13-01", "2025-6-06", "20250606", "2025-06-06T", "", "+025-06-06"})
    EXPECT_EQ(Day::parse(text), std::nullopt) << text;
  for (const std::string text : {"20241399", "2025060", "+2025060"})
    EXPECT_EQ(Day::of_digits(text), std::nullopt) << text;
}

TEST(DayTest, AnInstantIsReadToTheSecond) {
  constexpr std::int64_t kSeconds = 1749197350;
  for (const std::string text : {"2025-06-06T08:09:10Z", "2025-06-06T08:09:10.123456Z",
                                 "2025-06-06t08:09:10z", "2025-06-06T08:09:10+00:00"}) {
    const auto instant = parse_utc(text);
    ASSERT_TRUE(instant) << text;
    EXPECT_EQ(instant->time_since_epoch().count(), kSeconds) << text;
  }
  for (const std::string text :
       {"2025-06-06", "2025-06-06T08:09:10", "2025-06-06T24:09:10Z", "2025-06-06T08:09:10.Z",
        "2025-06-06T08:09:10+02:00", "2025-06-31T08:09:10Z"})
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
}

TEST(GpuSetTest, IsReadAndWrittenTheSame) {
  for (const std::string text : {"all", "0", "8", "0,2", "3,", "GPU-5f3c0a1e-1,GPU-77", "MIG-1a"}) {
    const auto set = GpuSet::parse(text);
    ASSERT_TRUE(set) << set.error().text();
    EXPECT_EQ(GpuSet::parse(set->text()).value(), *set) << text;
  }
  EXPECT_EQ(GpuSet::parse("all")->count(), std::nullopt);
  EXPECT_EQ(GpuSet::parse("2")->count(), 2U);
  EXPECT_THAT(GpuSet::parse("2,0")->devices(), ::testing::ElementsAre("2", "0"));
  EXPECT_EQ(GpuSet::parse("3,")->text(), "3,");
  EXPECT_TRUE(GpuSet::none().empty());
  EXPECT_FALSE(GpuSet::all().empty());
}

TEST(GpuSetTest, RefusesWhatNamesNoGpu) {
  EXPECT_EQ(GpuSet::parse("some").error().text(),
            "error: \"some\" is not a set of GPUs: expected \"all\", a number, or indices or UUIDs such as "
            "\"0,2\"\n");
  EXPECT_EQ(GpuSet::parse("1,1").error().text(),
            "error: \"1,1\" is not a set of GPUs: expected \"all\", a number, or indices or UUIDs such as "
            "\"0,2\"; 1 is "
            "listed twice\n");
  for (const std::string text : {"", ",", "-1", "1,,2", "1;2", "gpu-1", "2000"})
    EXPECT_FALSE(GpuSet::parse(text)) << text;
  std::string many = "0";
  for (int i = 1; i < 1024; ++i) many += "," + std::to_string(i);
  EXPECT_TRUE(GpuSet::parse(many));
  EXPECT_FALSE(GpuSet::parse(many + ",1024"));
}

TEST(DigestTest, IsReadAndWrittenTheSame) {
  const auto digest = Digest::of("abc");
  EXPECT_EQ(digest.text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Digest::parse(digest.text()), digest);
  EXPECT_EQ(Digest::of_hex(digest.hex()), digest);
  for (const auto& text :
       std::vector<std::string>{"", "sha256:", "sha512:" + digest.hex(), digest.text() + "0", "sha256:BA78"})
    EXPECT_EQ(Digest::parse(text), std::nullopt) << text;
}

TEST(RegistryMirrorTest, TheLongestPrefixOfWholePartsCounts) {
  const std::vector<RegistryMirror> mirrors{{"docker.io", "127.0.0.1:5000", true},
                                            {"docker.io/nvidia", "mirror.example/hub/nv"},
                                            {"docker.io/nvid", "elsewhere.example"}};
  const auto at = [&](std::string_view name) {
    const auto found = mirrored(name, mirrors);
    return found ? found->name + (found->insecure ? " over HTTP" : "") : "";
  };
  EXPECT_EQ(at("docker.io/library/debian"), "127.0.0.1:5000/library/debian over HTTP");
  EXPECT_EQ(at("docker.io/nvidia/cuda"), "mirror.example/hub/nv/cuda");
  EXPECT_EQ(at("docker.io"), "127.0.0.1:5000 over HTTP");
  EXPECT_EQ(at("docker.iou/x"), "");
  EXPECT_EQ(at("quay.io/x"), "");
}

}  // namespace
}  // namespace launch::specs
