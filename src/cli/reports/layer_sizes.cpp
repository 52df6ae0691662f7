#include "cli/reports/layer_sizes.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/table.hpp"

namespace launch::cli {
namespace {

constexpr std::size_t kMost = 12;

/// One of the two sizes of a layer.
struct Column {
  const char* title;
  const char* word;
  std::optional<std::uint64_t> image::LayerSize::*size;
};
constexpr Column kCompressed{"COMPRESSED", "compressed", &image::LayerSize::compressed};
constexpr Column kUnpacked{"UNPACKED", "unpacked", &image::LayerSize::unpacked};

using Layers = std::vector<image::LayerSize>;

/// nullopt if one is unknown.
std::optional<std::uint64_t> sum_of(Layers::const_iterator begin, Layers::const_iterator end,
                                    const Column& column) {
  std::uint64_t sum = 0;
  for (auto layer = begin; layer != end; ++layer) {
    const auto& size = (*layer).*column.size;
    if (!size) return std::nullopt;
    sum += *size;
  }
  return sum;
}

std::string cell(const std::optional<std::uint64_t>& size) {
  return size ? human_bytes(*size) : "unknown";
}

}  // namespace

std::string layer_sizes_text(Layers layers, std::string_view of_what) {
  std::vector<Column> columns;
  for (const auto& column : {kCompressed, kUnpacked}) {
    if (std::any_of(layers.begin(), layers.end(),
                    [&](const auto& layer) { return (layer.*column.size).has_value(); }))
      columns.push_back(column);
  }
  auto heading = fmt::format("{}{}", count_of(layers.size(), "layer"), of_what);
  std::vector<std::vector<std::string>> rows(1);
  const Column* order = nullptr;
  for (const auto& column : columns) {
    rows.front().emplace_back(column.title);
    const auto all = sum_of(layers.begin(), layers.end(), column);
    if (!all) continue;
    heading += fmt::format(", {} {}", human_bytes(*all), column.word);
    if (order == nullptr) order = &column;
  }
  rows.front().emplace_back("LAYER");
  if (order != nullptr) {
    std::stable_sort(layers.begin(), layers.end(),
                     [&](const auto& a, const auto& b) { return a.*order->size > b.*order->size; });
  }
  const auto shown = layers.begin() + static_cast<std::ptrdiff_t>(std::min(layers.size(), kMost));
  for (auto layer = layers.begin(); layer != shown; ++layer) {
    auto& row = rows.emplace_back();
    for (const auto& column : columns) row.push_back(cell((*layer).*column.size));
    row.push_back(layer->name);
  }
  if (shown != layers.end()) {
    auto& row = rows.emplace_back();
    for (const auto& column : columns) row.push_back(cell(sum_of(shown, layers.end(), column)));
    row.push_back(fmt::format("{} more", layers.end() - shown));
  }
  return fmt::format("{}:\n  {}", heading, replace_all(table_of(rows), "\n", "\n  "));
}

}  // namespace launch::cli
