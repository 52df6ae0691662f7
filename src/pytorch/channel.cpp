#include "pytorch/channel.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::pytorch {
namespace {

constexpr std::array<std::string_view, 2> kHosts{"download.pytorch.org", "download-r2.pytorch.org"};

/// "cu128", "rocm6.3": letters, then a number with dots.
bool is_numbered(std::string_view accelerator, std::string_view kind) {
  if (!accelerator.starts_with(kind)) return false;
  const auto number = accelerator.substr(kind.size());
  return !number.empty() && specs::is_digit(number.front()) && number.back() != '.' &&
         std::all_of(number.begin(), number.end(), [](char c) { return specs::is_digit(c) || c == '.'; });
}

bool is_accelerator(std::string_view text) {
  return text == "cpu" || text == "xpu" || is_numbered(text, "cu") || is_numbered(text, "rocm");
}

/// "cu121" of the local part "cu121.full", "rocm6.3" of "rocm6.3"; empty when it names none.
std::string_view accelerator_of(std::string_view local) {
  std::size_t end = 0;
  const auto goes_on = [&](std::size_t at) {
    const bool before_digit = at + 1 < local.size() && specs::is_digit(local[at + 1]);
    return specs::is_alphanumeric(local[at]) || (local[at] == '.' && before_digit);
  };
  while (end < local.size() && goes_on(end)) ++end;
  const auto named = local.substr(0, end);
  return is_accelerator(named) ? named : std::string_view();
}

}  // namespace

Result<specs::Url> channel_index_url(const specs::Url& base, std::string_view channel,
                                     std::string_view accelerator) {
  if (!is_accelerator(accelerator)) {
    return fail(
        usage_error(fmt::format("the channel has no builds for {}: expected cuXXX, cpu, rocmX.Y or xpu",
                                specs::in_quotes(accelerator))));
  }
  if (channel == "stable") return base.child(accelerator);
  if (channel == "nightly" || channel == "test") return base.child(channel).child(accelerator);
  return fail(usage_error(
      fmt::format("there is no channel {}: expected nightly, test or stable", specs::in_quotes(channel))));
}

std::optional<std::string> nightly_date(const specs::Version& version) {
  constexpr std::size_t kDigits = 8;
  const auto text = std::to_string(version.dev().value_or(0));
  if (text.size() != kDigits) return std::nullopt;
  const auto year = text.substr(0, 4);
  const auto month = text.substr(4, 2);
  const auto day = text.substr(6, 2);
  const bool is_day = year >= "2000" && month >= "01" && month <= "12" && day >= "01" && day <= "31";
  if (!is_day) return std::nullopt;
  return fmt::format("{}-{}-{}", year, month, day);
}

bool is_built_for(const specs::Version& version, std::string_view accelerator) {
  const auto local = version.local();
  const auto named = accelerator_of(local);
  return named.empty() || named == accelerator;
}

std::optional<specs::Url> on_other_host(const specs::Url& url) {
  for (std::size_t i = 0; i < kHosts.size(); ++i) {
    if (url.authority() == kHosts.at(i)) return url.on_host(kHosts.at(1 - i));
  }
  return std::nullopt;
}

}  // namespace launch::pytorch
