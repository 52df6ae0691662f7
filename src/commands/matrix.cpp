#include "commands/matrix.hpp"

#include <utility>

namespace launch::commands {

Result<probe::Matrix> matrix(VersionQuestion question, const Context& context) {
  TRY_ASSIGN(auto answered, ask_versions(std::move(question), context));
  return std::move(answered.matrix);
}

}  // namespace launch::commands
