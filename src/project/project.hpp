#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "project/lockfile.hpp"
#include "project/recipe.hpp"

namespace launch::project {

/// A project's folder and where its files lie (docs/design.md, "The files").
class Project {
 public:
  /// The nearest parent of `start` (itself included) that has a recipes/ folder. Errors (input): none has.
  static Result<Project> find(const std::filesystem::path& start);
  /// `root` itself, whatever it holds (-C DIR).
  static Project at(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }

  /// The recipe's file from "demo", "recipes/demo.toml" or any path to one (relative to `start` or the root).
  /// Errors (input): there is none; recipes that there are are named, with a "did you mean".
  Result<std::filesystem::path> recipe_file(std::string_view argument) const;
  /// The lock's file from "demo" or a path. Errors (input): there is none; the hint is the `launch lock` that
  /// makes it.
  Result<std::filesystem::path> lock_file(std::string_view argument) const;

  std::filesystem::path lock_place(std::string_view name) const;    ///< ROOT/lockfiles/pylock.NAME.toml
  std::filesystem::path image_folder(std::string_view name) const;  ///< ROOT/images/NAME
  /// A path as messages show it: relative to the folder the program was started in, where it is below the
  /// root.
  std::string shown(const std::filesystem::path& path) const;

 private:
  Project(std::filesystem::path root, std::filesystem::path start)
      : root_(std::move(root)), start_(std::move(start)) {}
  std::filesystem::path root_;
  std::filesystem::path start_;
};

struct LoadedLock {
  std::filesystem::path file;
  Digest digest = Digest::of("");  ///< of the text
  Lockfile lock;
};

/// Reads and parses. Errors (environment): cannot be read; (input): what parse_recipe and parse_lockfile say.
/// `reporter` gets the lock's warnings.
Result<Recipe> load_recipe(const Project& project, const std::filesystem::path& file);
Result<LoadedLock> load_lock(const Project& project, const std::filesystem::path& file, Reporter& reporter);

/// A recipe with its lock, which must have been made from it as it stands now. Errors: as above, and (no) the
/// lock is of another recipe text; the hint is `launch lock NAME`.
struct Locked {
  Recipe recipe;
  LoadedLock lock;
};
Result<Locked> load_locked(const Project& project, std::string_view recipe_argument, Reporter& reporter);

/// A recipe's name as engines take it: "my-recipe" for "My_Recipe".
std::string engine_name(std::string_view recipe);
/// The name of its image, "localhost/launch/my-recipe", and with the tag that builds give it,
/// "localhost/launch/my-recipe:latest".
std::string image_name(std::string_view recipe);
std::string image_reference(std::string_view recipe);

}  // namespace launch::project
