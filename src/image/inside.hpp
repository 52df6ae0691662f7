#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "containers/engine.hpp"

namespace launch::image {

/// What a container in an image is for.
struct Purpose {
  std::string_view word;  ///< in its name: "trial"
  const char* label;      ///< by which the next one finds it, if its process was killed
};

/// Bytes of /dev/shm for code that may start DataLoader workers; a limit, which reserves nothing.
inline constexpr std::uint64_t kInsideShm = std::uint64_t{1} << 30;

/// An image to run something in.
struct InsideOf {
  const std::string& recipe;
  const Digest& image_id;
  const std::filesystem::path& folder;  ///< as BuildRequest::folder
};

/// Runs a command in an image, named by its ID, in one container per recipe and purpose at a time; what a
/// killed one left is removed first. It has no network. `run` says what to run and with what, but for name,
/// label and image. Errors: those of Engine::run; (environment) the lock file in the folder cannot be
/// created; a stop while waiting for another process.
Result<ProcessOutcome> run_inside(const containers::Engine& engine, const InsideOf& image,
                                  const Purpose& purpose, containers::RunSpec run,
                                  const std::function<void(Stream, std::string_view)>& on_line,
                                  const Work& work);

}  // namespace launch::image
