#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"
#include "train/place.hpp"
#include "train/places/local.hpp"

namespace launch::train {

const std::vector<PlaceKind>& place_kinds() {
  static const std::vector<PlaceKind> kinds{
      {"local", "one container per node on this machine", make_local_place},
  };
  return kinds;
}

Result<std::unique_ptr<Place>> make_place(std::string_view name, PlaceTools tools) {
  std::vector<std::string> known;
  for (const auto& kind : place_kinds()) {
    if (kind.name == name) return kind.make(std::move(tools));
    known.emplace_back(kind.name);
  }
  return fail(usage_error(
      fmt::format("unknown place {}: expected {}", specs::in_quotes(name), join_words(known, "or"))));
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
