#include "train/ras.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace launch::train {
namespace {

/// The number at the start; removes it and what follows up to the next word.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_u64(text.substr(0, end));
  if (number) text = trim(text.substr(end));
  return number;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// "launched up to operation 52 -- GPU …", or "not launched any operations".
std::optional<std::uint64_t> count_of_launches(std::string_view text) {
  if (text.starts_with("not launched any operations")) return 0;
  if (!take(text, "launched up to operation ")) return std::nullopt;
  return take_number(text);
}

RasGroup& group(RasMismatch& mismatch, std::uint64_t count) {
  auto& groups = mismatch.groups;
  const auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.count >= count; });
  if (at != groups.end() && at->count == count) return *at;
  return *groups.insert(at, {.count = count});
}

/// "Rank 1 has launched …", "3 ranks have launched …"
void add(RasMismatch& mismatch, std::string_view text) {
  const bool one = take(text, "Rank ");
  const auto number = take_number(text);
  if (!number || *number > INT32_MAX || !take(text, one ? "has " : "ranks have ")) return;
  const auto count = count_of_launches(text);
  if (!count) return;
  auto& of_count = group(mismatch, *count);
  if (one) {
    of_count.ranks.push_back(static_cast<int>(*number));
  } else {
    of_count.others += static_cast<int>(*number);
  }
}

}  // namespace

int RasMismatch::size() const {
  int sum = 0;
  for (const auto& each : groups) sum += static_cast<int>(each.ranks.size()) + each.others;
  return sum;
}

std::vector<RasMismatch> read_ras(std::span<const std::string> lines) {
  constexpr std::string_view kBegin = "Communicator ranks have different ";
  constexpr std::string_view kEnd = " operation counts";
  std::vector<RasMismatch> all;
  std::string_view communicator;
  bool reading = false;
  for (const auto& line : lines) {
    auto text = trim(line);
    if (text.starts_with('#')) {  // "#0-0 (…) MISMATCH"
      communicator = text.substr(0, text.find(' '));
      reading = false;
    } else if (take(text, kBegin)) {
      reading = text.ends_with(kEnd);
      if (!reading) continue;  // of their status
      text.remove_suffix(kEnd.size());
      all.push_back({std::string(communicator), std::string(text)});
    } else if (reading) {
      add(all.back(), text);
    }
  }
  std::erase_if(all, [](const auto& mismatch) { return mismatch.groups.size() < 2; });
  return all;
}

}  // namespace launch::train
