#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// A project's folder and the paths of its files (docs/design.md, "The files").
class Project {
 public:
  /// The nearest parent of `start` (itself included) with a recipes/ folder. Errors (input): there is none.
  static Result<Project> find(const std::filesystem::path& start);
  /// `root` itself, whatever it contains (-C DIR).
  static Project at(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }
  /// The same project with its locks, and the files next to them, in another folder.
  Project with_locks_in(std::filesystem::path folder) const;

  /// The recipe's file from "demo", "recipes/demo.toml" or any path to one (relative to `start` or the root).
  /// Errors (input): not found; lists the existing recipes, with a "did you mean".
  Result<std::filesystem::path> recipe_file(std::string_view argument) const;
  /// The lock's file from "demo" or a path. Errors (input): not found; the hint is the `launch lock` that
  /// creates it.
  Result<std::filesystem::path> lock_file(std::string_view argument) const;

  std::filesystem::path lock_place(std::string_view name) const;    ///< LOCKS/pylock.NAME.toml
  std::filesystem::path image_folder(std::string_view name) const;  ///< ROOT/images/NAME
  /// A path as shown in messages: relative to the current folder if it is below the root.
  std::string shown(const std::filesystem::path& path) const;

 private:
  Project(std::filesystem::path root, std::filesystem::path start)
      : root_(std::move(root)), locks_(root_ / "lockfiles"), start_(std::move(start)) {}
  std::filesystem::path root_;
  std::filesystem::path locks_;
  std::filesystem::path start_;
};

/// True for an argument that is a path, not a bare name: it has a "/" or ends in .toml.
bool is_path(std::string_view argument);

/// "demo" for ".../pylock.demo.toml"; nullopt for a file of another name.
std::optional<std::string> name_of_lock(const std::filesystem::path& file);

/// The further indexes of the recipe that a lock was made from, for locks by path, which name no index. Empty
/// if the lock is not in its place in the project, or has no recipe there; with a warning if the recipe
/// cannot be read.
std::vector<Recipe::Index> indexes_of_lock(const Project& project, const std::filesystem::path& lock,
                                           Reporter& reporter);

struct LoadedLock {
  std::filesystem::path file;
  Digest digest = Digest::of("");  ///< of the text
  Lockfile lock;
};

/// Reads and parses. Errors (environment): cannot be read; (input): those of parse_recipe, add_from and
/// parse_lockfile.
/// `reporter` gets the lock's warnings.
Result<Recipe> load_recipe(const Project& project, const std::filesystem::path& file);
Result<LoadedLock> load_lock(const Project& project, const std::filesystem::path& file, Reporter& reporter,
                             Accept accept = Accept::wheels);

/// A recipe with its lock, which must be up to date. Errors: as above, and (no) the lock is out of date; the
/// hint is `launch lock NAME`.
struct Locked {
  Recipe recipe;
  LoadedLock lock;
};
Result<Locked> load_locked(const Project& project, std::string_view recipe_argument, Reporter& reporter);

/// True for 1 to 128 letters, digits, "-" and "_".
bool is_recipe_name(std::string_view name);

/// A recipe's name in a form that engines accept: "my_recipe" as it is, "my-recipe.95da60a387c7" for
/// "My_Recipe". Different for different names.
std::string engine_name(std::string_view recipe);
/// The name of its image, "localhost/launch/demo", and the same with the tag of builds,
/// "localhost/launch/demo:latest"; with the tag of images that were not tried yet, "…:untried".
std::string image_name(std::string_view recipe);
std::string image_reference(std::string_view recipe);
std::string untried_reference(std::string_view recipe);

}  // namespace launch::project
