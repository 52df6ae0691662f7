#include "pytorch/cuda_fit.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::pytorch {
namespace {

std::string cuda_of(const std::string& image) {
  return cuda_of_image(specs::ImageReference::parse(image).value());
}

TEST(CudaOfImage, IsWhatTheTagOfNvidiasRepositoryStartsWith) {
  EXPECT_EQ(cuda_of("nvidia/cuda:12.8.1-base-ubuntu24.04"), "12.8.1");
  EXPECT_EQ(cuda_of("mirror.example/team/nvidia/cuda:11.8.0-devel-ubuntu22.04"), "11.8.0");
  EXPECT_EQ(cuda_of("mirror.example/nvidia/cuda:ours"), "") << "no version";
  EXPECT_EQ(cuda_of("mirror.example/nvidia/cuda:12-base"), "") << "no minor version";
  EXPECT_EQ(cuda_of("nvidia/cuda:v12.8-base"), "");
  EXPECT_EQ(cuda_of("python:3.12.4-slim"), "");
}

TEST(CudaFit, ComparesTheReleaseOfTheBaseWithThatOfTorch) {
  const auto fit = [](std::string_view torch, const std::string& base) {
    return cuda_fit(fakes::accelerator(torch), base);
  };
  EXPECT_EQ(fit("cu128", "12.8.1"), CudaFit::same);
  EXPECT_EQ(fit("cu128", "12.8"), CudaFit::same);
  EXPECT_EQ(fit("cu128", "12.6.3"), CudaFit::other_minor);
  EXPECT_EQ(fit("cu130", "12.8.1"), CudaFit::other_major);
  EXPECT_EQ(fit("cu118", "12.1.1"), CudaFit::other_major);
  EXPECT_EQ(fit("cu128", ""), CudaFit::unknown);
  EXPECT_EQ(fit("cu128", "our build"), CudaFit::unknown);
  EXPECT_EQ(fit("cpu", "12.8.1"), CudaFit::unknown);
  EXPECT_EQ(fit("rocm6.3", "12.8.1"), CudaFit::unknown);
}

}  // namespace
}  // namespace launch::pytorch
