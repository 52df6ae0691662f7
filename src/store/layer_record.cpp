#include "store/layer_record.hpp"

#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::store {
namespace {

constexpr std::string_view kTitle = "launch layer 1";

/// "KEY VALUE" lines, each expected in its turn.
class Lines {
 public:
  explicit Lines(std::string_view text) : lines_(lines(text)) {}
  std::optional<std::string_view> value(std::string_view key) {
    if (at_ >= lines_.size() || !lines_[at_].starts_with(key)) return std::nullopt;
    const auto rest = lines_[at_].substr(key.size());
    if (!rest.starts_with(' ')) return std::nullopt;
    ++at_;
    return rest.substr(1);
  }
  std::optional<Digest> digest(std::string_view key) {
    const auto text = value(key);
    return text ? Digest::of_hex(*text) : std::nullopt;
  }
  std::optional<std::uint64_t> number(std::string_view key) {
    const auto text = value(key);
    return text ? parse_u64(*text) : std::nullopt;
  }
  bool done() const { return at_ == lines_.size(); }

 private:
  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
};

/// A text whose end cannot be mistaken.
std::string counted(std::string_view text) {
  return fmt::format("{}:{}\n", text.size(), text);
}

}  // namespace

Digest layer_key(std::span<const Digest> wheels, const archive::LayerSpec& spec) {
  auto text = fmt::format("{}\n", archive::kLayerVersion);
  text += counted(spec.prefix) + counted(spec.python.text()) + counted(spec.interpreter);
  text += fmt::format("{}\n", spec.time);
  if (spec.content == archive::LayerSpec::Content::plain_zips) text += "plain\n";
  for (const auto& wheel : wheels) text += wheel.hex() + '\n';
  return Digest::of(text);
}

std::string layer_record_text(const archive::LayerFacts& facts) {
  auto text = fmt::format("{}\nlayer {}\ntar {}\ntoc {}\nsize {}\ntar-size {}\n", kTitle, facts.layer.hex(),
                          facts.tar.hex(), facts.toc.hex(), facts.size, facts.tar_size);
  for (const auto& file : facts.files) text += "file " + file.hex() + '\n';
  return text + "end " + Digest::of(text).hex() + '\n';
}

std::optional<archive::LayerFacts> parse_layer_record(std::string_view text) {
  const auto end = text.rfind("end ");
  if (end == std::string_view::npos || !text.starts_with(kTitle) || !text.ends_with('\n'))
    return std::nullopt;
  if (Digest::of_hex(text.substr(end + 4, text.size() - end - 5)) != Digest::of(text.substr(0, end)))
    return std::nullopt;
  Lines in(text.substr(kTitle.size() + 1, end - kTitle.size() - 1));
  const auto layer = in.digest("layer");
  const auto tar = in.digest("tar");
  const auto toc = in.digest("toc");
  const auto size = in.number("size");
  const auto tar_size = in.number("tar-size");
  if (!layer || !tar || !toc || !size || !tar_size) return std::nullopt;
  archive::LayerFacts facts{*layer, *tar, *toc, *size, *tar_size, {}};
  while (auto file = in.digest("file")) facts.files.push_back(*std::move(file));
  return in.done() ? std::optional(std::move(facts)) : std::nullopt;
}

}  // namespace launch::store
