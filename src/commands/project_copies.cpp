#include "commands/project_copies.hpp"

#include "image/project_contents.hpp"

namespace launch::commands {
namespace {

store::KnownFiles known_files(const CopiesRequest& request, const Context& context) {
  return {request.store, request.project.root(), request.recipe.name, context.work()};
}

Result<std::vector<image::ProjectCopy>> find(const CopiesRequest& request, store::KnownFiles& known) {
  return image::find_project_files(request.recipe, request.project.root(), request.reporter,
                                   request.base_user, known);
}

}  // namespace

Result<std::vector<image::ProjectCopy>> find_copies(const CopiesRequest& request, const Context& context) {
  auto known = known_files(request, context);
  TRY_ASSIGN(auto copies, find(request, known));
  known.keep();
  return copies;
}

Result<std::vector<image::ProjectCopy>> read_copies(const CopiesRequest& request, const Context& context) {
  auto known = known_files(request, context);
  TRY_ASSIGN(auto copies, find(request, known));
  TRY(image::read_project_files(copies, request.project.root(), known));
  known.keep();
  return copies;
}

}  // namespace launch::commands
