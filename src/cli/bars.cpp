#include "cli/bars.hpp"

#include "base/colour.hpp"
#include "base/text.hpp"

namespace launch::cli {

Bars::Key Bars::key_of(Stream stream, std::string_view who) {
  return {{who.size(), std::string(who)}, stream};
}

void Bars::set(Stream stream, std::string_view who, std::string_view text) {
  if (trim(printable(text, Colours::dropped)).empty()) {
    end(stream, who);
    return;
  }
  auto& state = states_[key_of(stream, who)];
  if (state.text.empty()) ++kept_;
  state.text = text;
}

bool Bars::end(Stream stream, std::string_view who) {
  if (kept_ == 0) return false;
  const auto found = states_.find(key_of(stream, who));
  if (found == states_.end() || found->second.text.empty()) return false;
  found->second.text.clear();
  --kept_;
  return true;
}

std::optional<std::string> Bars::take_due(Stream stream, std::string_view who,
                                          std::chrono::steady_clock::time_point now) {
  const auto found = states_.find(key_of(stream, who));
  if (found == states_.end() || found->second.text.empty()) return std::nullopt;
  auto& state = found->second;
  if (state.printed && now - *state.printed < kPlainLine) return std::nullopt;
  state.printed = now;
  --kept_;
  return std::exchange(state.text, {});
}

std::vector<Bar> Bars::all() const {
  std::vector<Bar> out;
  out.reserve(kept_);
  for (const auto& [key, state] : states_) {
    if (!state.text.empty()) out.push_back({key.second, key.first.second, state.text});
  }
  return out;
}

void Bars::clear() {
  for (auto& [key, state] : states_) state.text.clear();
  kept_ = 0;
}

}  // namespace launch::cli
