#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"
#include "containers/engine.hpp"
#include "locking/base_image.hpp"
#include "locking/locate.hpp"
#include "locking/source_builder.hpp"
#include "net/http.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"
#include "project/site.hpp"
#include "store/store.hpp"

namespace launch::commands {

/// Builds wheels in containers of the site's engine, on the recipe's base image. What a package brings runs
/// without network and capabilities, and sees only its archive and the wheels that it needs. Builds of the
/// same package wait for each other. A wheel is not built twice from the same input while the store has it.
class EngineBuilder final : public locking::SourceBuilder {
 public:
  struct Outside {
    const Context& context;
    const project::Site& site;
    net::HttpClient& http;
    const store::Store& store;
  };
  /// `interpreter`: the Python that builds; nullopt: the base image's. `recipe` and `previous` (a lock whose
  /// base image is kept) are for archives whose record has no base yet.
  EngineBuilder(Outside outside, std::optional<project::PythonBuild> interpreter,
                std::optional<project::Recipe> recipe, std::optional<project::Lockfile> previous)
      : outside_(outside),
        interpreter_(std::move(interpreter)),
        recipe_(std::move(recipe)),
        previous_(std::move(previous)) {}

  Result<locking::BuiltWheel> build(const locking::SourceBuild& wanted) override;
  Result<locking::GitArchive> fetch(const std::string& package, const specs::GitSource& source) override;

 private:
  Result<project::BaseImage> base_of(const locking::SourceBuild& wanted);
  Result<const containers::Engine*> engine();
  Result<containers::Image> system_of(const locking::SourceBuild& wanted, const project::BaseImage& base);
  Result<locking::BuiltWheel> run(const locking::SourceBuild& wanted, const project::BaseImage& base);
  Result<std::filesystem::path> run_in(const locking::SourceBuild& wanted, const project::BaseImage& base,
                                       const containers::Image& system, const std::filesystem::path& scratch,
                                       const std::string& mark);
  Result<std::filesystem::path> unpack_interpreter(const std::filesystem::path& scratch);
  std::vector<std::string> apt_of(const locking::SourceBuild& wanted, const project::BaseImage& base) const;
  Digest inputs_of(const locking::SourceBuild& wanted, const project::BaseImage& base) const;
  std::map<std::string, std::string> environment_of(const locking::SourceBuild& wanted) const;
  std::filesystem::path folder() const;
  std::filesystem::path log_of(const locking::SourceBuild& wanted) const;

  Outside outside_;
  std::optional<project::PythonBuild> interpreter_;
  std::optional<project::Recipe> recipe_;
  std::optional<project::Lockfile> previous_;
  std::optional<containers::Engine> engine_;
  std::map<std::string, project::BaseImage> bases_;  ///< by variant and accelerator
};

/// Brings the wheels of a lock that were built from source into the store, unless the store or the lock's
/// folder has them. Errors: those of locking::restore_built.
Result<void> restore_wheels(const project::Lockfile& lock, const std::filesystem::path& lock_folder,
                            const locking::Origins& origins, const EngineBuilder::Outside& outside);

}  // namespace launch::commands
