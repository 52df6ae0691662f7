#include "store/file_layers.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "store/derived.hpp"

namespace launch::store {
namespace {

/// Of the layer with that key; nullopt if the text is of another one.
std::optional<archive::FileLayerFacts> parse_facts(std::string_view text, const Digest& key) {
  const auto words = split(text, ' ');
  if (words.size() != 5 || words[0] != key.hex()) return std::nullopt;
  auto layer = Digest::of_hex(words[1]);
  auto tar = Digest::of_hex(words[2]);
  const auto size = parse_u64(words[3]);
  const auto tar_size = parse_u64(words[4]);
  if (!layer || !tar || !size || !tar_size) return std::nullopt;
  return archive::FileLayerFacts{*std::move(layer), *std::move(tar), *size, *tar_size};
}

}  // namespace

Result<archive::FileLayerFacts> file_layer_facts(const Store& store, const Digest& below,
                                                 std::span<const archive::LayerMember> members,
                                                 const archive::LayerSources& sources, Disk& disk) {
  const auto key = archive::file_layer_key(members, sources);
  const auto name = "file-layer-" + key.hex().substr(0, 2);
  if (const auto text = derived(store, below, name)) {
    if (auto known = parse_facts(*text, key)) return *std::move(known);
  }
  TRY_ASSIGN(auto facts, archive::digest_file_layer(members, sources));
  keep_derived(store, below, name,
               fmt::format("{} {} {} {} {}", key.hex(), facts.layer.hex(), facts.tar.hex(), facts.size,
                           facts.tar_size),
               disk);
  return facts;
}

}  // namespace launch::store
