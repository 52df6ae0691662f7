#include "project/recipe_digest.hpp"

#include <fmt/format.h>

#include "base/toml.hpp"
#include "project/build_table.hpp"

namespace launch::project {
namespace {

/// The text to digest: one line KEY = "VALUE" for each value that is set, in a fixed order; for lists, one
/// line per item, in the recipe's order. Keys added in later versions have no line if unset, so that existing
/// digests do not change.
class Lines {
 public:
  void add(std::string_view key, std::string_view value) {
    text_ += fmt::format("{} = {}\n", key, toml_string(value));
  }
  template <class Value>
  void add(std::string_view key, const std::optional<Value>& value) {
    if (value) add(key, text_of(*value));
  }
  template <class Value>
  void add_all(std::string_view key, const std::vector<Value>& values) {
    for (const auto& value : values) add(key, text_of(value));
  }
  const std::string& text() const { return text_; }

 private:
  static const std::string& text_of(const std::string& text) { return text; }
  template <class Value>
  static std::string text_of(const Value& value) {
    return value.text();
  }
  std::string text_;
};

void add_lock(Lines& lines, const Recipe& recipe) {
  lines.add("python", recipe.python.text());
  if (recipe.python_patch) lines.add("python.patch", std::to_string(*recipe.python_patch));
  lines.add_all("platforms", recipe.platforms);
  lines.add_all("packages", recipe.packages);
  lines.add("torch.channel", pytorch::channel_name(recipe.torch.channel));
  lines.add("torch.cuda", recipe.torch.cuda);
  lines.add("torch.date", recipe.torch.date);
  lines.add("torch.as-of", recipe.torch.as_of);
  lines.add_all("torch.packages", recipe.torch.packages);
  lines.add_all("lock.constraints", recipe.lock.constraints);
  lines.add_all("lock.overrides", recipe.lock.overrides);
  for (const auto& index : recipe.indexes) {
    const auto url = index.url.without_credentials().with_secrets();
    for (const auto& package : index.packages) lines.add("index." + package, url);
  }
  lines.add("lock.wheels", recipe.lock.by_path ? "path" : "url");
  for (const auto& [name, build] : recipe.lock.build) lines.add("lock.build." + name, text_of(build));
  lines.add("image.variant", recipe.image.variant);
  lines.add("image.from", recipe.image.from);
  if (recipe.image.python == Recipe::Image::Python::standalone) lines.add("image.python", "standalone");
}

void add_render(Lines& lines, const Recipe& recipe) {
  lines.add_all("image.apt", recipe.image.apt);
  for (const auto& copy : recipe.image.copy) {
    lines.add("image.copy.to", copy.to);
    lines.add("image.copy.owner", copy.owner);
  }
  for (const auto& [name, value] : recipe.image.env) lines.add("image.env." + name, value);
  lines.add("image.user", recipe.image.user);
}

}  // namespace

Digest recipe_digest(const Recipe& recipe, Stage stage) {
  Lines lines;
  add_lock(lines, recipe);
  if (stage != Stage::lock) add_render(lines, recipe);
  if (stage == Stage::image) {
    for (const auto& copy : recipe.image.copy) {
      lines.add("image.copy.from", copy.from);
      lines.add_all("image.copy.exclude", copy.exclude);
    }
  }
  return Digest::of(lines.text());
}

}  // namespace launch::project
