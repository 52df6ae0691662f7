#include "commands/bisect.hpp"

#include <utility>

namespace launch::commands {

Result<probe::Bisection> bisect(VersionQuestion question, const Context& context) {
  TRY_ASSIGN(auto answered, ask_versions(std::move(question), context));
  auto bisection = probe::bisect_rows(std::move(answered.matrix));
  for (auto& changes : bisection.changes) {
    for (auto& change : changes) {
      change.commit_before = answered.versions->commit(change.before);
      change.commit_after = answered.versions->commit(change.after);
    }
  }
  return bisection;
}

}  // namespace launch::commands
