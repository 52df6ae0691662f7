#include "probe/known_wheel.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::probe {
namespace {

constexpr std::string_view kKnown = "launch known wheel 1";
constexpr std::string_view kOutline = "launch zip outline 1";

/// A field of a line of fields: no tab, no line break.
std::string field(std::string_view text) {
  if (text.find_first_of("\\\t\n") == std::string_view::npos) return std::string(text);
  auto out = replace_all(std::string(text), "\\", "\\\\");
  out = replace_all(std::move(out), "\t", "\\t");
  return replace_all(std::move(out), "\n", "\\n");
}

std::string from_field(std::string_view field) {
  std::string text;
  text.reserve(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      text += field[i];
      continue;
    }
    const auto next = field[++i];
    text += next == 't' ? '\t' : next == 'n' ? '\n' : next;
  }
  return text;
}

std::optional<pysource::Verdict> verdict_of(std::string_view name) {
  for (const auto verdict : {pysource::Verdict::no, pysource::Verdict::unknown, pysource::Verdict::yes}) {
    if (pysource::verdict_name(verdict) == name) return verdict;
  }
  return std::nullopt;
}

/// The numbers of a line, as many as wanted; nullopt for anything else.
template <std::size_t Count>
std::optional<std::array<std::uint64_t, Count>> numbers(std::span<const std::string_view> fields) {
  std::array<std::uint64_t, Count> all{};
  if (fields.size() != Count) return std::nullopt;
  for (std::size_t i = 0; i < Count; ++i) {
    const auto number = parse_u64(fields[i]);
    if (!number) return std::nullopt;
    all[i] = *number;
  }
  return all;
}

}  // namespace

std::string key_of(const pysource::Requirement& requirement) {
  return fmt::format("{}\t{}\t{}\t{}", pysource::tier_name(requirement.tier), field(requirement.module),
                     field(requirement.name), field(requirement.keyword));
}

void forget_others(KnownWheel& known, std::span<const std::string> keys, std::size_t most) {
  if (known.answers.size() <= most) return;
  const std::unordered_set<std::string_view> asked(keys.begin(), keys.end());
  std::erase_if(known.answers, [&](const auto& each) { return !asked.contains(each.first); });
}

std::string text_of(const KnownWheel& known) {
  auto text = fmt::format("{}\n{}\n{}\n", kKnown, join(known.roots, "\t"),
                          known.commit ? "commit " + *known.commit : "");
  std::vector<const std::pair<const std::string, pysource::Answer>*> sorted;
  sorted.reserve(known.answers.size());
  for (const auto& each : known.answers) sorted.push_back(&each);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* each : sorted) {
    text += each->first;
    text += '\t';
    text += pysource::verdict_name(each->second.verdict);
    text += '\t';
    text += field(each->second.reason);
    text += '\n';
  }
  return text;
}

std::optional<KnownWheel> parse_known(std::string_view text) {
  const auto all = lines(text);
  constexpr std::size_t kHead = 3;
  if (all.size() < kHead || all[0] != kKnown) return std::nullopt;
  KnownWheel known;
  for (const auto root : split(all[1], '\t')) {
    if (!root.empty()) known.roots.emplace_back(root);
  }
  constexpr std::string_view kCommit = "commit ";
  if (all[2].starts_with(kCommit)) known.commit = std::string(all[2].substr(kCommit.size()));
  known.answers.reserve(all.size() - kHead);
  for (std::size_t i = kHead; i < all.size(); ++i) {
    const auto reason = all[i].rfind('\t');
    if (reason == std::string_view::npos || reason == 0) return std::nullopt;
    const auto word = all[i].rfind('\t', reason - 1);
    if (word == std::string_view::npos) return std::nullopt;
    const auto verdict = verdict_of(all[i].substr(word + 1, reason - word - 1));
    if (!verdict) return std::nullopt;
    known.answers.emplace(all[i].substr(0, word),
                          pysource::Answer{*verdict, from_field(all[i].substr(reason + 1))});
  }
  return known;
}

std::string text_of(const index::ZipOutline& outline) {
  std::string text = fmt::format("{}\n{}\n", kOutline, outline.size);
  for (const auto place : outline.places) text += fmt::format("{} ", place);
  text += '\n';
  for (const auto& entry : outline.entries) {
    fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\t{}\t{}\n", field(entry.name), entry.method,
                   entry.crc32, entry.compressed_size, entry.size, entry.header_offset);
  }
  return text;
}

std::optional<index::ZipOutline> parse_outline(std::string_view text) {
  const auto all = lines(text);
  constexpr std::size_t kHead = 3;
  if (all.size() < kHead || all[0] != kOutline) return std::nullopt;
  const auto size = parse_u64(all[1]);
  if (!size) return std::nullopt;
  index::ZipOutline outline{.size = *size, .entries = {}, .places = {}};
  for (const auto word : split(all[2], ' ')) {
    if (word.empty()) continue;
    const auto place = parse_u64(word);
    if (!place) return std::nullopt;
    outline.places.push_back(*place);
  }
  if (outline.places.empty() != (all.size() == kHead)) return std::nullopt;
  if (!std::is_sorted(outline.places.begin(), outline.places.end())) return std::nullopt;
  for (std::size_t i = kHead; i < all.size(); ++i) {
    const auto fields = split(all[i], '\t');
    const auto values = numbers<5>(std::span(fields).subspan(1));
    if (!values) return std::nullopt;
    const auto [method, crc32, compressed_size, whole, offset] = *values;
    outline.entries.push_back({.name = from_field(fields[0]),
                               .method = static_cast<std::uint16_t>(method),
                               .crc32 = static_cast<std::uint32_t>(crc32),
                               .compressed_size = compressed_size,
                               .size = whole,
                               .header_offset = offset});
  }
  return outline;
}

}  // namespace launch::probe
