#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"
#include "pytorch/torch_build.hpp"

namespace launch::image {

/// What to find out in an image.
struct InspectRequest {
  std::string recipe;  ///< its name
  Digest image_id = Digest::of("");
  std::filesystem::path folder;         ///< as BuildRequest::folder
  bool torch = true;                    ///< ask torch for its build
  std::vector<std::string> names = {};  ///< to import: "torch.nn:Module", "torch.nn:" (Requirement::text)
  std::vector<std::string> smoke = {};  ///< the command, not empty
  containers::GpuAccess gpus = {};
};

/// The answers of an image; nullopt where it did not get that far.
struct Inspection {
  std::optional<pytorch::TorchBuild> torch = {};
  std::string torch_error = {};  ///< why torch could not be imported: "ImportError: …"
  std::optional<int> gpus = {};  ///< how many torch sees; asked only if there are any
  std::optional<std::map<std::string, std::string>> missing = {};  ///< names with what was raised
  std::optional<int> smoke_code = {};
  std::string smoke_error = {};  ///< why the command could not be started
  double smoke_seconds = 0;
  std::string step = {};  ///< the last one begun: "importing torch"
  int exit_code = 0;      ///< of the container
};

/// From what inspect_image.py writes; lines that it did not write are skipped. Pure.
Inspection read_inspection(std::span<const std::string> lines);

/// Runs inspect_image.py in an image, in one container without network, in which the smoke test is the last
/// step. `show` gets each line of what is imported and of the smoke test. Errors: those of run_inside; a
/// stop, after which the container is gone.
Result<Inspection> inspect_image(const containers::Engine& engine, const InspectRequest& request,
                                 const std::function<void(std::string_view)>& show, const Work& work);

}  // namespace launch::image
