#pragma once

#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "containers/engine.hpp"

namespace launch::commands {

/// The image that has a recipe's name. It gets another name as well while candidates are built, which take
/// its own.
class KeptImage {
 public:
  /// `tag` of the other name: "before-bump".
  KeptImage(const Context& context, const project::Site& site, std::string recipe,
            std::optional<std::string> engine, std::string tag)
      : context_(context),
        site_(site),
        recipe_(std::move(recipe)),
        engine_(std::move(engine)),
        tag_(std::move(tag)) {}

  /// Before the first candidate is built; the second call does nothing. If a killed search left the other
  /// name, its image gets the recipe's name again. `candidate`: that such a search built last; it is nobody's
  /// image. Errors: those of the engine.
  Result<void> keep(const std::optional<Digest>& candidate = {});
  /// Removes a candidate's image, unless something else has given it a name. Warns if that fails.
  void drop(const Digest& candidate) const;
  /// Removes the other name. With `restore`, the recipe's own name is given back first. Warns if that fails.
  void give_back(bool restore) const;

 private:
  std::string other_name() const;
  /// For what must be done after a stop as well.
  Result<containers::Engine> calm_engine() const;
  Result<void> remove(const Digest& candidate) const;
  Result<void> release(bool restore) const;

  struct Kept {
    std::optional<Digest> image;  ///< nullopt: the recipe had none
  };
  const Context& context_;
  const project::Site& site_;
  std::string recipe_;
  std::optional<std::string> engine_;
  std::string tag_;
  std::optional<Kept> kept_;
};

}  // namespace launch::commands
