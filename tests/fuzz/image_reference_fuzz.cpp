#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/image_reference.hpp"
#include "specs/registry_mirror.hpp"

namespace launch::fuzz {

using specs::ImageReference;

/// A line with an image, then lines with prefixes of mirrors.
void fuzz_image_reference(std::string_view bytes) {
  const auto all = lines(bytes);
  if (all.empty()) return;
  const auto found = ImageReference::parse(all.front());
  if (!parsed(found)) return;
  check_reads_back(found->text(), ImageReference::parse, [](const ImageReference& r) { return r.text(); });
  const auto again = ImageReference::parse(found->text());
  require(again->name() == found->name() && again->tag == found->tag && again->digest == found->digest,
          "the text names the same image", found->text(), again->text());
  (void)pytorch::distribution_of(*found);
  (void)pytorch::is_cuda_image(*found);
  (void)pytorch::known_base(*found, specs::Platform::all());
  std::vector<specs::RegistryMirror> mirrors;
  for (std::size_t i = 1; i < all.size(); ++i) mirrors.push_back({std::string(all[i]), "mirror.example/hub"});
  const auto moved = specs::mirrored(found->name(), mirrors);
  if (moved)
    require(moved->name.starts_with("mirror.example/hub"), "a mirror's name is at the mirror", moved->name);
}

}  // namespace launch::fuzz
