#include "fuzz/fuzz.hpp"
#include "specs/marker.hpp"
#include "specs/patch_set.hpp"

namespace launch::fuzz {

using specs::Marker;

void fuzz_marker(std::string_view bytes) {
  const auto marker = Marker::parse(bytes);
  if (!parsed(marker)) return;
  check_reads_back(marker->text(), Marker::parse, [](const Marker& m) { return m.text(); });
  const auto again = Marker::parse(marker->text());
  require(marker->names_patch() == again->names_patch(), "the text names the same", marker->text());
  for (const auto& platform : specs::Platform::all()) {
    for (const auto& python : {specs::Interpreter{9}, specs::Interpreter{13, true}}) {
      const auto environment = specs::marker_environment(python, platform, 4);
      for (const auto& extras : {std::set<std::string>{}, std::set<std::string>{"dev", "test"}}) {
        require(marker->evaluate(environment, extras, extras) == again->evaluate(environment, extras, extras),
                "the text holds where the marker does", marker->text());
        const auto patches = specs::patches_where(*marker, environment, extras);
        const auto text = specs::patches_marker(patches, python);
        require(patches.none() || text.empty() || Marker::parse(text), "a marker of patches is a marker",
                text);
      }
    }
  }
}

}  // namespace launch::fuzz
