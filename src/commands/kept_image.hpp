#pragma once

#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "commands/context.hpp"
#include "containers/engine.hpp"

namespace launch::commands {

/// A failure of a candidate itself, not of the network, the engine or the disk.
bool is_of_candidate(const Error& error);

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

  /// Before the first candidate is built; the second call does nothing. `lock`: the digest of the recipe's
  /// own lock. If a killed search left the other name, its image gets the recipe's name again, unless the
  /// image that has it now was built of that lock since then. `candidate`: what such a search built last; it
  /// is nobody's image. Errors: those of the engine.
  Result<void> keep(const std::optional<Digest>& lock, const std::optional<Digest>& candidate = {});
  /// Removes a candidate's image, unless something else has given it a name. Warns if that fails.
  void drop(const Digest& candidate) const;
  /// Gives the recipe's name back to the image that had it, and removes the other name. Warns if that fails.
  void restore() const;
  /// Removes the other name alone: the candidate is the recipe's image now. Warns if that fails.
  void forget() const;

 private:
  std::string other_name() const;
  /// For what must be done after a stop as well.
  Result<containers::Engine> calm_engine() const;
  Result<void> remove(const Digest& candidate) const;
  Result<void> give_name_back() const;
  Result<void> remove_other_name() const;

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
