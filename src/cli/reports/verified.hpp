#pragma once

#include <optional>

#include "project/verification.hpp"

namespace launch::cli {

/// A lock's verification in the documents of lock, diff and verify; null if it is not verified. A template
/// over the document's type, so that this header need not include nlohmann/json.
template <class Json>
Json verified_json(const std::optional<project::Verification>& verified) {
  if (!verified) return nullptr;
  return {{"time", verified->time},
          {"gpus", verified->gpus},
          {"driver", verified->driver.empty() ? Json(nullptr) : Json(verified->driver)},
          {"image_id", verified->image_id.text()}};
}

}  // namespace launch::cli
