#include "project/first_recipe.hpp"

#include <fmt/format.h>

#include "base/toml.hpp"

namespace launch::project {

std::string write_recipe(const FirstRecipe& recipe) {
  auto out = fmt::format("python    = {}\nplatforms = [\"{}\"]\n", toml_string(recipe.python.text()),
                         specs::Platform().text());
  if (!recipe.from.empty()) out += fmt::format("from      = {}\n", toml_array(recipe.from));
  if (!recipe.packages.empty()) out += fmt::format("packages  = {}\n", toml_array(recipe.packages));
  if (const auto& torch = recipe.torch) {
    out += fmt::format("\n[torch]\nchannel  = {}\n",
                       toml_string(std::string(pytorch::channel_name(torch->channel))));
    if (torch->cuda) out += fmt::format("cuda     = {}\n", toml_string(torch->cuda->text()));
    if (!torch->packages.empty()) out += fmt::format("packages = {}\n", toml_array(torch->packages));
  }
  if (!recipe.copy.empty()) out += "\n[image]\ncopy = [\n";
  for (const auto& copy : recipe.copy)
    out += fmt::format("    {{ from = {}, to = {} }},\n", toml_string(copy.from), toml_string(copy.to));
  if (!recipe.copy.empty()) out += "]\n";
  if (!recipe.scan.empty()) out += fmt::format("\n[verify]\nscan = {}\n", toml_array(recipe.scan));
  if (!recipe.command.empty())
    out += fmt::format("\n[train]\ncommand = {}\nnodes   = 1\n", toml_array(recipe.command));
  return out;
}

}  // namespace launch::project
