#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "commands/context.hpp"

namespace launch::commands {

struct InitRequest {
  std::string path = ".";                ///< the source tree, which becomes the project
  std::optional<std::string> name = {};  ///< of the recipe; nullopt: that of the folder
  bool write = true;                     ///< else the document says what would be written
};

/// One line of the recipe, and why it says so.
struct Choice {
  std::string what;
  std::string reason;
};

struct InitDocument {
  std::string name;  ///< of the recipe
  std::string file;  ///< as messages show it
  std::string text;
  std::vector<Choice> choices;
  std::vector<std::string> warnings;
};

/// Writes a first recipe for a source tree, from its imports, requirements.txt and pyproject.toml. Nothing is
/// run, and no index is asked. Errors: (input) no such folder, a name that no recipe can have, a recipe of
/// that name exists, or nothing to make a recipe from; (environment) a file cannot be read or written.
Result<InitDocument> init(const InitRequest& request, const Context& context);

}  // namespace launch::commands
