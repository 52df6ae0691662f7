#include "commands/locked_image.hpp"

#include <fmt/format.h>

#include "project/project.hpp"

namespace launch::commands {

std::optional<Error> wrong_image(const FoundImage& found) {
  const auto name = project::image_reference(found.recipe);
  std::string wrong;
  if (!found.exists) {
    wrong = fmt::format("{} has no image {}", found.engine, name);
  } else if (found.of_lock != found.lock) {
    wrong = fmt::format("the image {} was built from another lock: it has {}, the lock is {}", name,
                        found.of_lock ? found.of_lock->text() : "none", found.lock.text());
  }
  if (wrong.empty()) return std::nullopt;
  return Error(ErrorKind::no, std::move(wrong)).hint(fmt::format("run `launch build {}`", found.recipe));
}

}  // namespace launch::commands
