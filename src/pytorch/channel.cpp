#include "pytorch/channel.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::pytorch {
namespace {

constexpr std::array<std::string_view, 2> kHosts{"download.pytorch.org", "download-r2.pytorch.org"};

constexpr std::string_view kCuda = "{cuda}";
constexpr std::string_view kChannel = "{channel}";

struct Row {
  Channel channel;
  std::string_view name;
  std::string_view folder;  // below the base
};

constexpr std::array kChannels = {
    Row{Channel::nightly, "nightly", "/nightly"},
    Row{Channel::test, "test", "/test"},
    Row{Channel::stable, "stable", ""},
    Row{Channel::index, "index", ""},
};

const Row& row_of(Channel channel) {
  return *std::find_if(kChannels.begin(), kChannels.end(),
                       [&](const Row& row) { return row.channel == channel; });
}

}  // namespace

std::string_view channel_name(Channel channel) {
  return row_of(channel).name;
}

std::vector<std::string> channel_names() {
  std::vector<std::string> names;
  names.reserve(kChannels.size());
  for (const auto& row : kChannels) names.emplace_back(row.name);
  return names;
}

std::optional<Channel> channel_of(std::string_view name) {
  const auto* found =
      std::find_if(kChannels.begin(), kChannels.end(), [&](const Row& row) { return row.name == name; });
  return found == kChannels.end() ? std::nullopt : std::optional(found->channel);
}

std::string_view default_channel_url() {
  return "https://download.pytorch.org/whl";
}

std::optional<NamedIndex> index_named_in(std::string_view line) {
  for (const auto host : kHosts) {
    const auto start = std::string(host) + "/whl/";
    const auto at = line.find(start);
    if (at == std::string_view::npos) continue;
    const auto rest = line.substr(at + start.size());
    const auto end = rest.find_first_of(" \t\r\n\"',;#)");
    NamedIndex named;
    for (const auto part : split(rest.substr(0, end), '/')) {
      const auto channel = channel_of(part);
      const auto build = specs::Accelerator::parse(std::string(part));
      if (channel && *channel != Channel::index) named.channel = *channel;
      if (build) named.build = *build;
    }
    if (named.channel != Channel::stable || named.build) return named;
  }
  return std::nullopt;
}

std::optional<std::string> unknown_placeholder(const specs::Url& base) {
  const auto& text = base.with_secrets();
  for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    const auto word = text.substr(open, close == std::string::npos ? close : close + 1 - open);
    if (word != kCuda && word != kChannel) return word;
  }
  return std::nullopt;
}

specs::Url channel_index_url(const specs::Url& base, Channel channel, const specs::Accelerator& build) {
  if (const auto& text = base.with_secrets(); text.find(kCuda) != std::string::npos) {
    const auto filled = replace_all(replace_all(text, kCuda, build.text()), kChannel, channel_name(channel));
    return specs::Url::parse(filled).value().without_end_slashes();
  }
  return base.without_end_slashes().extend_path(row_of(channel).folder).child(build.text());
}

std::optional<specs::Day> nightly_day(const specs::Version& version) {
  return specs::Day::of_digits(std::to_string(version.dev().value_or(0)));
}

bool is_built_for(const specs::Version& version, const specs::Accelerator& accelerator) {
  const auto named = specs::Accelerator::of_local_version(version.local());
  return !named || *named == accelerator;
}

std::optional<specs::Url> on_other_host(const specs::Url& url) {
  for (std::size_t i = 0; i < kHosts.size(); ++i) {
    if (url.authority() == kHosts.at(i)) return url.on_host(kHosts.at(1 - i));
  }
  return std::nullopt;
}

}  // namespace launch::pytorch
