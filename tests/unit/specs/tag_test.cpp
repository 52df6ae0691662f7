#include "specs/tag.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"
#include "specs/wheel.hpp"

namespace launch::specs {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const std::vector<Tag>& tags) {
  std::vector<std::string> out;
  out.reserve(tags.size());
  for (const auto& tag : tags) out.push_back(tag.text());
  return out;
}

std::vector<Tag> tags(std::string_view python, std::string_view platform, int glibc_minor) {
  return supported_tags({fakes::python(python), fakes::platform(platform), glibc_minor});
}

TEST(SupportedTags, GoFromTheInterpreterToAnyPython) {
  const auto all = texts(tags("3.12", "linux-aarch64", 17));
  EXPECT_THAT(std::vector<std::string>(all.begin(), all.begin() + 10),
              ElementsAre("cp312-cp312-linux_aarch64", "cp312-cp312-manylinux_2_17_aarch64",
                          "cp312-cp312-manylinux2014_aarch64", "cp312-abi3-linux_aarch64",
                          "cp312-abi3-manylinux_2_17_aarch64", "cp312-abi3-manylinux2014_aarch64",
                          "cp312-none-linux_aarch64", "cp312-none-manylinux_2_17_aarch64",
                          "cp312-none-manylinux2014_aarch64", "cp311-abi3-linux_aarch64"));
  EXPECT_EQ(all.back(), "py30-none-any");
}

TEST(SupportedTags, NameTheFreeThreadedBuild) {
  const auto all = texts(tags("3.13t", "linux-x86_64", 28));
  EXPECT_EQ(all.front(), "cp313-cp313t-linux_x86_64");
  EXPECT_THAT(all, testing::Not(testing::Contains("cp313-abi3-linux_x86_64")))
      << "abi3 is not the free-threaded ABI";
}

TEST(BestTag, TakesTheFirstThatFits) {
  const auto supported = tags("3.12", "linux-x86_64", 36);
  const auto place = [&](std::string_view compressed) { return best_tag(compressed, supported); };
  EXPECT_EQ(place("cp312-cp312-linux_x86_64"), 0U);
  EXPECT_LT(place("cp312-cp312-manylinux_2_28_x86_64"),
            place("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64"));
  EXPECT_LT(place("cp312-cp312-manylinux2014_x86_64"), place("cp38-abi3-manylinux_2_28_x86_64"));
  EXPECT_LT(place("cp38-abi3-manylinux_2_28_x86_64"), place("py2.py3-none-any"));
  EXPECT_EQ(place("cp312-cp312-manylinux_2_37_x86_64"), std::nullopt) << "wants a newer glibc";
  EXPECT_EQ(place("cp312-cp312-musllinux_1_2_x86_64"), std::nullopt);
  EXPECT_EQ(place("cp312-cp312-manylinux_2_28_aarch64"), std::nullopt);
  EXPECT_EQ(place("cp311-cp311-manylinux_2_28_x86_64"), std::nullopt);
  EXPECT_EQ(place("nonsense"), std::nullopt);
}

TEST(CompressedTags, FitAPlatformOrNot) {
  const auto fits = [](std::string_view text, const Platform& platform) {
    return CompressedTags::parse(text).value().fits(platform);
  };
  EXPECT_TRUE(fits("cp312-cp312-manylinux_2_28_x86_64", fakes::x86()));
  EXPECT_TRUE(fits("cp312-cp312-win_amd64.linux_aarch64", fakes::arm()));
  EXPECT_TRUE(fits("py3-none-any", fakes::arm()));
  EXPECT_FALSE(fits("cp312-cp312-manylinux_2_28_x86_64", fakes::arm()));
  EXPECT_FALSE(fits("cp312-cp312-macosx_11_0_x86_64", fakes::x86()));
}

TEST(CompressedTags, NameACPython) {
  const auto python = [](std::string_view text) {
    const auto found = CompressedTags::parse(text).value().interpreter();
    return found ? found->text() : "none";
  };
  EXPECT_EQ(python("cp312-cp312-linux_x86_64"), "3.12");
  EXPECT_EQ(python("cp313-cp313t-linux_x86_64"), "3.13t");
  EXPECT_EQ(python("py3-none-any"), "none");
  EXPECT_EQ(python("cp3-abi3-any"), "none");
  EXPECT_EQ(python("pp310-pypy310_pp73-linux_x86_64"), "none");
}

TEST(CompressedTags, SayWhatIsWrong) {
  const auto error_of = [](std::string_view text) { return CompressedTags::parse(text).error().text(); };
  EXPECT_EQ(error_of("py3-none"),
            "error: \"py3-none\" is not a wheel tag: expected PYTHON-ABI-PLATFORM, found 2 parts\n");
  EXPECT_EQ(
      error_of("py3-none-a b"),
      "error: \"py3-none-a b\" is not a wheel tag: expected letters, digits and \"_\", found \"a b\"\n");
  EXPECT_EQ(
      error_of("py3..py2-none-any"),
      "error: \"py3..py2-none-any\" is not a wheel tag: expected letters, digits and \"_\", found \"\"\n");
  EXPECT_EQ(
      error_of("312-none-any"),
      "error: \"312-none-any\" is not a wheel tag: expected a Python such as \"cp312\", found \"312\"\n");
}

TEST(WheelName, ReadsRealNames) {
  const auto torch = WheelName::parse("torch-2.5.0.dev20240617+cu121-cp312-cp312-linux_x86_64.whl").value();
  EXPECT_EQ(torch.name, "torch");
  EXPECT_EQ(torch.version.text(), "2.5.0.dev20240617+cu121");
  EXPECT_EQ(torch.build, "");
  EXPECT_EQ(torch.tags, "cp312-cp312-linux_x86_64");
  const auto built =
      WheelName::parse("Nvidia_Cublas_cu12-12.1.3.1-2a-py3-none-manylinux1_x86_64.whl").value();
  EXPECT_EQ(built.name, "nvidia-cublas-cu12");
  EXPECT_EQ(built.build, "2a");
  EXPECT_EQ(built.tags, "py3-none-manylinux1_x86_64");
}

TEST(WheelName, SaysWhatIsWrong) {
  const auto error_of = [](std::string_view text) { return WheelName::parse(text).error().text(); };
  EXPECT_EQ(error_of("torch-2.5.tar.gz"),
            "error: \"torch-2.5.tar.gz\" is not the name of a wheel: expected a name ending in \".whl\"\n");
  EXPECT_EQ(error_of("torch-2.5-py3-none.whl"),
            "error: \"torch-2.5-py3-none.whl\" is not the name of a wheel: expected "
            "NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl, found 4 parts\n");
  EXPECT_EQ(error_of("to/rch-2.5-py3-none-any.whl"),
            "error: \"to/rch-2.5-py3-none-any.whl\" is not the name of a wheel: \"to/rch\" is not a valid "
            "project name\n");
  EXPECT_EQ(error_of("torch-2.5-x-py3-none-any.whl"),
            "error: \"torch-2.5-x-py3-none-any.whl\" is not the name of a wheel: a build number is a digit "
            "and then letters, digits, \"_\" or \".\", found \"x\"\n");
  EXPECT_EQ(error_of("torch-x-py3-none-any.whl"),
            "error: expected a number at column 1 of the version \"x\", found \"x\"\n"
            "  while reading the wheel name \"torch-x-py3-none-any.whl\"\n");
  EXPECT_EQ(
      error_of("torch-1-py3-no ne-any.whl"),
      "error: \"py3-no ne-any\" is not a wheel tag: expected letters, digits and \"_\", found \"no ne\"\n"
      "  while reading the wheel name \"torch-1-py3-no ne-any.whl\"\n");
}

}  // namespace
}  // namespace launch::specs
