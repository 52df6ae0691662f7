#pragma once

#include <optional>
#include <string>
#include <vector>

#include "project/recipe.hpp"
#include "pytorch/channel.hpp"
#include "specs/accelerator.hpp"
#include "specs/interpreter.hpp"

namespace launch::project {

/// Its [torch].
struct FirstTorch {
  pytorch::Channel channel = pytorch::Channel::index;
  std::optional<specs::Accelerator> cuda = {};
  std::vector<std::string> packages = {};
};

/// What a first recipe says.
struct FirstRecipe {
  specs::Interpreter python;
  std::vector<std::string> from;      ///< the project's own files
  std::vector<std::string> packages;  ///< names
  std::optional<FirstTorch> torch;
  std::vector<CopyEntry> copy;
  std::vector<std::string> scan;
  std::vector<std::string> command;
};

/// Its text, for a person to go on with.
std::string write_recipe(const FirstRecipe& recipe);

}  // namespace launch::project
