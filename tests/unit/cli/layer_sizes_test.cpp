#include "cli/reports/layer_sizes.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::cli {
namespace {

using Size = std::optional<std::uint64_t>;

image::LayerSize layer(std::string name, Size compressed, Size unpacked) {
  return {std::move(name), fakes::digest('a'), compressed, unpacked};
}

TEST(LayerSizes, AreSortedByTheCompressedSize) {
  EXPECT_EQ(layer_sizes_text({layer("layer 1 of the base image", 30'000'000, 80'000'000),
                              layer("torch 2.10.0", 800'000'000, 1'500'000'000),
                              layer("bytecode", 90'000'000, 90'000'000)}),
            "3 layers, 920.0 MB compressed, 1.7 GB unpacked:\n"
            "  COMPRESSED  UNPACKED  LAYER\n"
            "  800.0 MB    1.5 GB    torch 2.10.0\n"
            "  90.0 MB     90.0 MB   bytecode\n"
            "  30.0 MB     80.0 MB   layer 1 of the base image");
}

TEST(LayerSizes, ThatAreNotKnownAreSaidToBe) {
  EXPECT_EQ(layer_sizes_text(
                {layer("layer 1 of the base image", 30'000'000, {}), layer("torch", 40'000'000, 90'000'000)}),
            "2 layers, 70.0 MB compressed:\n"
            "  COMPRESSED  UNPACKED  LAYER\n"
            "  40.0 MB     90.0 MB   torch\n"
            "  30.0 MB     unknown   layer 1 of the base image");
  EXPECT_EQ(layer_sizes_text({layer("layer 1 of the base image", 3000, {})}),
            "1 layer, 3.0 kB compressed:\n"
            "  COMPRESSED  LAYER\n"
            "  3.0 kB      layer 1 of the base image");
  EXPECT_EQ(layer_sizes_text({layer("numpy", {}, 1000), layer("torch", {}, 2000)}, " of wheels"),
            "2 layers of wheels, 3.0 kB unpacked:\n"
            "  UNPACKED  LAYER\n"
            "  2.0 kB    torch\n"
            "  1.0 kB    numpy");
}

TEST(LayerSizes, OfManyAreThoseOfTheLargest) {
  std::vector<image::LayerSize> layers;
  for (std::uint64_t i = 1; i <= 15; ++i) layers.push_back(layer(std::to_string(i), i * 1000, i * 2000));
  const auto text = layer_sizes_text(layers);
  EXPECT_TRUE(
      text.starts_with("15 layers, 120.0 kB compressed, 240.0 kB unpacked:\n"
                       "  COMPRESSED  UNPACKED  LAYER\n"
                       "  15.0 kB     30.0 kB   15\n"))
      << text;
  EXPECT_TRUE(
      text.ends_with("\n  4.0 kB      8.0 kB    4\n"
                     "  6.0 kB      12.0 kB   3 more"))
      << text;
  layers.front().unpacked = std::nullopt;
  EXPECT_TRUE(layer_sizes_text(layers).ends_with("\n  6.0 kB      unknown   3 more"));
}

}  // namespace
}  // namespace launch::cli
