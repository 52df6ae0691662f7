#include "image/naming.hpp"

namespace launch::image {

Result<std::optional<Digest>> take_name(const containers::Engine& engine, const Digest& image_id,
                                        const std::string& reference) {
  TRY_ASSIGN(const auto earlier, engine.find_image(reference));
  TRY(engine.tag(image_id, reference));
  if (!earlier || earlier->image_id == image_id || earlier->names > 1) return std::nullopt;
  return earlier->image_id;
}

}  // namespace launch::image
