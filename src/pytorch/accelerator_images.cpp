#include "pytorch/accelerator_images.hpp"

#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "pytorch/tables.hpp"

namespace launch::pytorch {
namespace {

constexpr std::string_view kTable = "accelerator_images.tsv";

Error bad_value(std::string_view expected, std::string_view found) {
  return input_error(fmt::format("{}: expected {}, found {}", kTable, expected, in_quotes(found)));
}

}  // namespace

Result<std::vector<AcceleratorImage>> read_accelerator_images(std::string_view text) {
  const auto reading = fmt::format("reading {}", kTable);
  TRY_ASSIGN(const auto rows,
             read_table(text, kTable, {"accelerator", "variant", "image", "tag", "distribution", "source"}));
  std::vector<AcceleratorImage> images;
  for (const auto& row : rows) {
    TRY_ASSIGN(const auto accelerator, during(specs::Accelerator::parse(row[0]), reading));
    if (row[1] != "base" && row[1] != "devel") return fail(bad_value("base or devel", row[1]));
    AcceleratorImage image{accelerator, row[1], row[2], row[3], row[4]};
    TRY_ASSIGN(const auto reference, during(specs::ImageReference::parse(image.text()), reading));
    if (reference.name() != image.image || reference.tag != image.tag)
      return fail(bad_value("a whole name and a tag", image.text()));
    if (!distribution(row[4])) return fail(bad_value("a known distribution", row[4]));
    images.push_back(std::move(image));
  }
  return images;
}

const std::vector<AcceleratorImage>& accelerator_images() {
  static const auto kImages = read_accelerator_images(kAcceleratorImagesText).value();
  return kImages;
}

std::optional<AcceleratorImage> accelerator_image(const specs::Accelerator& accelerator,
                                                  std::string_view variant) {
  // The plain images have the runtime already.
  const std::string_view wanted = variant == "devel" ? "devel" : "base";
  for (const auto each : std::array{wanted, std::string_view("devel")}) {
    for (const auto& image : accelerator_images()) {
      if (image.accelerator == accelerator && image.variant == each) return image;
    }
  }
  return std::nullopt;
}

std::optional<Distribution> distribution_of_accelerator_image(const specs::ImageReference& reference) {
  for (const auto& image : accelerator_images()) {
    if (image.image == reference.name() && image.tag == reference.tag)
      return distribution(image.distribution);
  }
  return std::nullopt;
}

}  // namespace launch::pytorch
