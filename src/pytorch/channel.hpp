#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "specs/accelerator.hpp"
#include "specs/day.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::pytorch {

/// The source of PyTorch's packages: the general index, or one of PyTorch's own channels.
enum class Channel { index, nightly, test, stable };

/// "nightly"
std::string_view channel_name(Channel channel);
/// All names, in the order of messages.
std::vector<std::string> channel_names();
/// nullopt if it is not the name of a channel.
std::optional<Channel> channel_of(std::string_view name);

/// The base URL of PyTorch's channels, if the site does not set a mirror.
std::string_view default_channel_url();

/// The simple index of one build: ("https://…/whl", nightly, cu128) → "https://…/whl/nightly/cu128"; stable
/// has no folder of its own. A mirror with another layout is a template, in which {cuda} is the build and
/// {channel} the channel: "https://host.example/api/pypi/pytorch-{cuda}-remote/simple". `channel` must not be
/// `index`.
specs::Url channel_index_url(const specs::Url& base, Channel channel, const specs::Accelerator& build);

/// The channel and build whose index a line of text names, on one of the channel's hosts; the build is
/// nullopt if the line names the channel without one ("…/whl/nightly"). nullopt if it names none.
struct NamedIndex {
  Channel channel = Channel::stable;
  std::optional<specs::Accelerator> build;
};
std::optional<NamedIndex> index_named_in(std::string_view line);

/// A placeholder in a template that channel_index_url does not know; nullopt if there is none.
std::optional<std::string> unknown_placeholder(const specs::Url& base);

/// 2025-06-06 of 2.8.0.dev20250606+cu128; nullopt for a version that names no day.
std::optional<specs::Day> nightly_day(const specs::Version& version);

/// True if a version's local part is a build for that accelerator, or names none ("+cu128", "+cu128.full",
/// "+git0d4682f0", "").
bool is_built_for(const specs::Version& version, const specs::Accelerator& accelerator);

/// The same file on the channel's other host, which may serve what the first refuses (403); nullopt for a URL
/// on neither.
std::optional<specs::Url> on_other_host(const specs::Url& url);

}  // namespace launch::pytorch
