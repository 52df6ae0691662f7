#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "locking/source_builder.hpp"
#include "specs/git_source.hpp"
#include "store/store.hpp"

namespace launch::commands {

/// The files of a commit, by the machine's git; nothing of the repository runs. `scratch`: a folder for
/// temporary files. Errors (environment): git is not installed or fails, the store, a stop.
Result<locking::GitArchive> fetch_commit(const std::string& package, const specs::GitSource& source,
                                         const std::filesystem::path& scratch, const store::Store& store,
                                         const Context& context);

}  // namespace launch::commands
