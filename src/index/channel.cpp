#include "index/channel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "index/fetch_any.hpp"
#include "index/page_file.hpp"
#include "index/url.hpp"
#include "python/scanner.hpp"
#include "python/wheel.hpp"

namespace launch::index {
namespace {

constexpr std::array<std::string_view, 2> kHosts{"download.pytorch.org", "download-r2.pytorch.org"};

/// "cu128", "rocm6.3": letters, then a number with dots.
bool is_numbered(std::string_view accelerator, std::string_view kind) {
  if (!accelerator.starts_with(kind)) return false;
  const auto number = accelerator.substr(kind.size());
  return !number.empty() && python::is_digit(number.front()) && number.back() != '.' &&
         std::all_of(number.begin(), number.end(), [](char c) { return python::is_digit(c) || c == '.'; });
}

bool is_accelerator(std::string_view text) {
  return text == "cpu" || text == "xpu" || is_numbered(text, "cu") || is_numbered(text, "rocm");
}

}  // namespace

Result<std::string> channel_index_url(std::string_view base, std::string_view channel,
                                      std::string_view accelerator) {
  if (!is_accelerator(accelerator)) {
    return fail(
        usage_error(fmt::format("the channel has no builds for {}: expected cuXXX, cpu, rocmX.Y or xpu",
                                python::quoted(accelerator))));
  }
  while (base.ends_with('/')) base.remove_suffix(1);
  if (channel == "stable") return fmt::format("{}/{}", base, accelerator);
  if (channel == "nightly" || channel == "test") return fmt::format("{}/{}/{}", base, channel, accelerator);
  return fail(usage_error(
      fmt::format("there is no channel {}: expected nightly, test or stable", python::quoted(channel))));
}

std::optional<std::string> nightly_date(const python::Version& version) {
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

bool is_built_for(const python::Version& version, std::string_view accelerator) {
  const auto local = version.local();
  const auto build = std::string_view(local).substr(0, local.find_first_of(".-_", accelerator.size()));
  return build == accelerator ||
         !is_accelerator(std::string_view(local).substr(0, local.find_first_of("-_")));
}

std::map<std::string, Nightly> nightlies(const ProjectPage& page, std::string_view accelerator,
                                         const std::vector<python::Tag>& supported) {
  std::map<std::string, Nightly> days;
  for (const auto& file : page.files) {
    auto wheel = python::WheelName::parse(file.file_name);
    if (!wheel || file.yanked || !is_built_for(wheel->version, accelerator)) continue;
    const auto date = nightly_date(wheel->version);
    if (!date || !python::best_tag(wheel->tags, supported)) continue;
    auto& day = days.try_emplace(*date, Nightly{wheel->version, {}}).first->second;
    if (wheel->version > day.version) day = Nightly{wheel->version, {}};
    if (wheel->version == day.version) day.wheels.push_back(file);
  }
  return days;
}

std::optional<std::string> on_other_host(std::string_view url) {
  const auto parts = split_url(url);
  for (std::size_t i = 0; i < kHosts.size(); ++i) {
    if (to_lower(parts.authority) != kHosts.at(i)) continue;
    auto moved = fmt::format("{}://{}{}", parts.scheme, kHosts.at(1 - i), parts.path);
    if (parts.has_query) moved += fmt::format("?{}", parts.query);
    return moved;
  }
  return std::nullopt;
}

Result<std::optional<std::string>> claimed_sha256(net::HttpClient& http, const std::string& url) {
  const net::HttpRequest request{.url = url, .method = "HEAD"};
  const auto response = TRY(std::move(fetch_any(http, {&request, 1}).front()));
  const auto header = response.ok() ? response.header("x-amz-meta-checksum-sha256") : std::nullopt;
  return header ? checked_sha256(*header) : std::nullopt;
}

}  // namespace launch::index
