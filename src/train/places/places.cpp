#include <fmt/format.h>

#include "base/text.hpp"
#include "train/place.hpp"

/// Every place, the default first. A new place needs its own file, which defines `std::unique_ptr<Place>
/// make_NAME_place(PlaceTools)`, and one row here: its name and its text in --help.
#define LAUNCH_PLACES(ROW) ROW(local, "one container per node on this machine")

namespace launch::train {

#define LAUNCH_DECLARE_PLACE(name, meaning) std::unique_ptr<Place> make_##name##_place(PlaceTools tools);
LAUNCH_PLACES(LAUNCH_DECLARE_PLACE)
#undef LAUNCH_DECLARE_PLACE

const std::vector<PlaceKind>& place_kinds() {
#define LAUNCH_PLACE_ROW(name, meaning) {#name, meaning, make_##name##_place},
  static const std::vector<PlaceKind> kinds{LAUNCH_PLACES(LAUNCH_PLACE_ROW)};
#undef LAUNCH_PLACE_ROW
  return kinds;
}

Result<std::unique_ptr<Place>> make_place(std::string_view name, PlaceTools tools) {
  std::vector<std::string> known;
  for (const auto& kind : place_kinds()) {
    if (kind.name == name) return kind.make(std::move(tools));
    known.emplace_back(kind.name);
  }
  return fail(
      input_error(fmt::format("unknown place {}: expected {}", in_quotes(name), join_words(known, "or"))));
}

Result<std::unique_ptr<Place>> open_place(const PlaceHandle& handle, ProcessRunner& runner,
                                          const Work& work) {
  const auto engine = [&]() -> Result<containers::Engine> {
    TRY_ASSIGN(const auto info, containers::engine_named(handle.program));
    return containers::Engine(info, runner, {}, work);
  };
  TRY_ASSIGN(auto place, make_place(handle.place, {work.clock, {}, engine}));
  TRY(place->open());
  return place;
}

}  // namespace launch::train
