#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace launch::probe {

/// What trying a version said.
enum class Trial : std::uint8_t {
  untried,
  works,
  fails,
  skipped,  ///< it cannot be tried
};

/// The newest two tried versions whose outcomes differ, with no other outcome between them.
struct Narrowed {
  std::size_t before = 0;  ///< places among the versions
  std::size_t after = 0;
  friend bool operator==(const Narrowed&, const Narrowed&) = default;
};

/// The next version to try: the oldest and the newest first, then, if they say different things, the middle
/// of the newest span whose ends do. A version that cannot be tried is passed over. nullopt when nothing is
/// left to try. Pure.
std::optional<std::size_t> next_trial(std::span<const Trial> trials);

/// The newest change among what was tried; nullopt if all that was tried says the same. Pure.
std::optional<Narrowed> narrowed(std::span<const Trial> trials);

}  // namespace launch::probe
