#include "project/project.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "project/recipe_digest.hpp"
#include "project/recipe_from.hpp"

namespace launch::project {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestName = 128;  // of a recipe: what is named after it stays below 255 bytes
constexpr std::uint64_t kMostRecipe = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostLock = std::uint64_t{64} << 20;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

fs::path whole_path(const fs::path& path) {
  std::error_code ignored;
  auto whole = fs::absolute(path, ignored).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

std::vector<std::string> recipe_names(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator at(root / "recipes", code), end; !code && at != end; at.increment(code)) {
    if (at->path().extension() == ".toml") names.push_back(at->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The first of the two paths that is a file: below the current folder, below the root.
std::optional<fs::path> find_file(const fs::path& start, const fs::path& root, std::string_view argument) {
  for (const auto& folder : {start, root}) {
    auto candidate = whole_path(folder / argument);
    if (is_file(candidate)) return candidate;
  }
  return std::nullopt;
}

/// The file's name is that of a recipe; what is made from the recipe is named after it.
Result<void> expect_recipe_name(const Project& project, const fs::path& file) {
  if (is_recipe_name(file.stem().string())) return {};
  return fail(input_error(fmt::format(
      "the recipe {} needs another name: expected 1 to {} letters, digits, \"-\" and \"_\" before .toml",
      project.shown(file), kLongestName)));
}

}  // namespace

std::optional<std::string> name_of_lock(const fs::path& file) {
  const auto name = file.filename().string();
  constexpr std::string_view kBefore = "pylock.";
  constexpr std::string_view kAfter = ".toml";
  if (name.size() <= kBefore.size() + kAfter.size() || !name.starts_with(kBefore) ||
      !name.ends_with(kAfter)) {
    return std::nullopt;
  }
  return name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
}

bool is_path(std::string_view argument) {
  return argument.find('/') != std::string_view::npos || argument.ends_with(".toml");
}

bool is_recipe_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

Result<Project> Project::find(const fs::path& start) {
  const auto from = whole_path(start);
  for (auto folder = from;; folder = folder.parent_path()) {
    if (is_folder(folder / "recipes")) return Project(folder, from);
    if (folder == folder.root_path()) break;
  }
  return fail(
      input_error(fmt::format("neither {} nor a folder above it has a recipes folder", from.string()))
          .hint("run launch in your project's folder, use -C DIR, or start a project: mkdir recipes"));
}

Project Project::at(const fs::path& root) {
  auto whole = whole_path(root);
  return {whole, whole};
}

Result<fs::path> Project::recipe_file(std::string_view argument) const {
  if (is_path(argument)) {
    if (auto file = find_file(start_, root_, argument)) return *file;
    return fail(input_error(fmt::format("recipe not found: {}", argument)));
  }
  auto file = root_ / "recipes" / fmt::format("{}.toml", argument);
  if (is_file(file)) {
    TRY(expect_recipe_name(*this, file));
    return file;
  }
  const auto names = recipe_names(root_);
  auto error = input_error(fmt::format("no recipe \"{}\" in {}", argument, shown(root_ / "recipes")));
  if (const auto near = did_you_mean(argument, names)) error.hint(fmt::format("did you mean \"{}\"?", *near));
  if (names.empty()) {
    error.hint(fmt::format("create one: {}", shown(root_ / "recipes" / "NAME.toml")));
  } else {
    error.hint(fmt::format("existing recipes: {}", join_words(names)));
  }
  return fail(std::move(error));
}

Result<fs::path> Project::lock_file(std::string_view argument) const {
  if (is_path(argument)) {
    if (auto file = find_file(start_, root_, argument)) return *file;
    auto error = input_error(fmt::format("lock not found: {}", argument));
    if (const auto name = name_of_lock(fs::path(argument)))
      error.hint(fmt::format("run `launch lock {}`", *name));
    return fail(std::move(error));
  }
  auto file = lock_place(argument);
  if (is_recipe_name(argument) && is_file(file)) return file;
  if (is_recipe_name(argument) && is_file(root_ / "recipes" / fmt::format("{}.toml", argument))) {
    return fail(input_error(fmt::format("lock not found: {}", shown(file)))
                    .hint(fmt::format("run `launch lock {}`", argument)));
  }
  TRY(recipe_file(argument));
  return file;
}

Project Project::with_locks_in(fs::path folder) const {
  auto other = *this;
  other.locks_ = std::move(folder);
  return other;
}

fs::path Project::lock_place(std::string_view name) const {
  return locks_ / fmt::format("pylock.{}.toml", name);
}

fs::path Project::image_folder(std::string_view name) const {
  return root_ / "images" / name;
}

std::string Project::shown(const fs::path& path) const {
  const auto whole = whole_path(path.is_absolute() ? path : start_ / path);
  const auto below = whole.lexically_relative(root_);
  if (below.empty() || *below.begin() == "..") return whole.string();
  return whole.lexically_relative(start_).string();
}

namespace {

/// A recipe's text and those of the recipes that it extends, each below the one before it.
Result<std::vector<RecipeText>> read_layers(const Project& project, const fs::path& recipe) {
  std::vector<RecipeText> texts;
  std::set<fs::path> seen;
  for (std::optional<fs::path> file = whole_path(recipe); file;) {
    TRY_ASSIGN(auto text, read_file(*file, kMostRecipe));
    texts.push_back({std::move(text), project.shown(*file)});
    seen.insert(*file);
    TRY_ASSIGN(const auto extends, extended_by(texts.back()));
    if (!extends) break;
    file = whole_path(file->parent_path() / *extends);
    if (seen.count(*file) != 0) {
      return fail(input_error(
          fmt::format("{} extends {}, which extends it in turn", texts.back().file, project.shown(*file))));
    }
    if (!is_file(*file)) {
      return fail(input_error(
          fmt::format("{} extends {}, which does not exist", texts.back().file, project.shown(*file))));
    }
  }
  return texts;
}

}  // namespace

Result<Recipe> load_recipe(const Project& project, const fs::path& file) {
  TRY(expect_recipe_name(project, file));
  TRY_ASSIGN(const auto texts, read_layers(project, file));
  TRY_ASSIGN(auto recipe, parse_recipe(texts, file.stem().string()));
  if (!recipe.from.empty()) TRY(add_from(recipe, project));
  return recipe;
}

std::vector<Recipe::Index> indexes_of_lock(const Project& project, const fs::path& lock, Reporter& reporter) {
  const auto name = name_of_lock(lock);
  if (!name || whole_path(lock) != project.lock_place(*name)) return {};
  const auto file = project.root() / "recipes" / fmt::format("{}.toml", *name);
  if (!is_file(file)) return {};
  auto recipe = load_recipe(project, file);
  if (recipe) return std::move(recipe->indexes);
  reporter.warn(fmt::format("the further indexes of {} are not asked: {}", project.shown(file),
                            recipe.error().message()));
  return {};
}

Result<LoadedLock> load_lock(const Project& project, const fs::path& file, Reporter& reporter,
                             Accept accept) {
  TRY_ASSIGN(const auto text, read_file(file, kMostLock));
  TRY_ASSIGN(auto lock, parse_lockfile(text, project.shown(file), accept));
  for (const auto& warning : lock.warnings) reporter.warn(warning);
  auto digest = lock_digest(text, lock);
  return LoadedLock{.file = file, .digest = std::move(digest), .lock = std::move(lock)};
}

Result<Locked> load_locked(const Project& project, std::string_view recipe_argument, Reporter& reporter) {
  TRY_ASSIGN(const auto recipe_path, project.recipe_file(recipe_argument));
  TRY_ASSIGN(auto recipe, load_recipe(project, recipe_path));
  const auto hint = fmt::format("run `launch lock {}`", recipe.name);
  const auto lock_path = project.lock_place(recipe.name);
  if (!is_file(lock_path)) {
    return fail(input_error(fmt::format("{} has no lock: {} does not exist", project.shown(recipe_path),
                                        project.shown(lock_path)))
                    .hint(hint));
  }
  TRY_ASSIGN(auto lock, load_lock(project, lock_path, reporter));
  const auto& provenance = lock.lock.provenance;
  if (provenance.of_earlier_launch) {
    return fail(Error(ErrorKind::no, fmt::format("{} is out of date: an earlier version of launch wrote it",
                                                 project.shown(lock_path)))
                    .hint(hint));
  }
  if (provenance.recipe != recipe_digest(recipe, Stage::lock)) {
    const auto& date = recipe.torch.date;
    if (date && provenance.date && *date != *provenance.date) {
      return fail(Error(ErrorKind::no, fmt::format("{} is out of date: it has the nightly of {}, and {} asks "
                                                   "for that of {}",
                                                   project.shown(lock_path), provenance.date->text(),
                                                   project.shown(recipe_path), date->text()))
                      .hint(hint));
    }
    return fail(Error(ErrorKind::no, fmt::format("{} is out of date: it was made from another version of {}",
                                                 project.shown(lock_path), project.shown(recipe_path)))
                    .hint(hint));
  }
  return Locked{.recipe = std::move(recipe), .lock = std::move(lock)};
}

namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// A part of an image's name: lower-case letters and digits, separated by "_", "__" or any number of "-".
bool is_image_part(std::string_view name) {
  if (name.empty() || !is_lower_or_digit(name.front()) || !is_lower_or_digit(name.back())) return false;
  std::size_t at = 0;
  while (at < name.size()) {
    const auto end = std::min(name.find_first_not_of(name[at] == '-' ? "-" : "_", at), name.size());
    if (is_lower_or_digit(name[at])) {
      ++at;
    } else if ((name[at] == '-' || (name[at] == '_' && end - at <= 2)) && is_lower_or_digit(name[end])) {
      at = end;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string engine_name(std::string_view recipe) {
  constexpr std::size_t kDigits = 12;
  if (is_image_part(recipe)) return std::string(recipe);
  auto name = to_lower(recipe);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_lower_or_digit(c); }, '-');
  const auto first = std::min(name.find_first_not_of('-'), name.size());
  name = name.substr(first, name.find_last_not_of('-') + 1 - first);
  // No recipe's name has a dot.
  return fmt::format("{}.{}", name.empty() ? "recipe" : name, sha256_hex(recipe).substr(0, kDigits));
}

std::string image_name(std::string_view recipe) {
  return "localhost/launch/" + engine_name(recipe);
}

std::string image_reference(std::string_view recipe) {
  return image_name(recipe) + ":latest";
}

std::string untried_reference(std::string_view recipe) {
  return image_name(recipe) + ":untried";
}

}  // namespace launch::project
