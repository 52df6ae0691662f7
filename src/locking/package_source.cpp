#include "locking/package_source.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "pytorch/channel.hpp"
#include "pytorch/hidden_wheels.hpp"

namespace launch::locking {
namespace {

index::MetadataCache metadata_cache(const project::Site& site, Disk& disk) {
  if (site.cache.value.empty()) return {};
  return {std::filesystem::path(site.cache.value) / "metadata", &disk};
}

}  // namespace

std::string vanished_text(const Vanished& vanished) {
  std::vector<std::string> asked;
  for (const auto& url : vanished.asked) asked.push_back(url.text());
  return fmt::format("{} is neither on the page {} nor at {}", vanished.file_name, vanished.page,
                     join_words(asked, "or"));
}

PackageSource::PackageSource(const project::Recipe& recipe, const project::Site& site, net::HttpClient& http,
                             std::vector<project::LockedPackage> kept, const Work& work)
    : http_(http), kept_(std::move(kept)), stop_(work.stop) {
  const auto add = [&](index::IndexSource source) {
    source.metadata_cache = metadata_cache(site, work.disk);
    auto& client = *clients_.emplace_back(std::make_unique<index::IndexClient>(http, std::move(source)));
    client.use_tail_guess([](const index::IndexFile& file) {
      return pytorch::tail_of_wheel(file.file_name, file.size.value_or(0));
    });
    return &client;
  };
  general_ = add({.url = site.index_url.value, .find_links = project::values_of(site.find_links)});
  for (const auto& further : recipe.indexes) {
    auto* client = add({.url = further.url});
    for (const auto& name : further.packages) assigned_[name] = client;
  }
  if (recipe.torch.channel == pytorch::Channel::index) return;
  channel_ = add({.url = pytorch::channel_index_url(site.channel_url.value, recipe.torch.channel,
                                                    recipe.torch.cuda.value()),
                  .forbidden_is_missing = true});
  for (const auto& requirement : recipe.torch.packages) asked_of_channel_.insert(requirement.name);
  for (const auto& requirement : recipe.packages) asked_of_general_.insert(requirement.name);
}

PackageSource::Origin PackageSource::origin(const std::string& name) const {
  if (channel_ == nullptr || assigned_.count(name) != 0 || moved_.count(name) != 0) return Origin::general;
  const auto from = pytorch::rule_of(name).from;
  if (from == Origin::channel || asked_of_channel_.count(name) != 0) return Origin::channel;
  return asked_of_general_.count(name) != 0 ? Origin::general : from;
}

index::IndexClient& PackageSource::elsewhere(const std::string& name) const {
  const auto assigned = assigned_.find(name);
  return assigned == assigned_.end() ? *general_ : *assigned->second;
}

index::IndexClient& PackageSource::client_of(const Listing& listing) const {
  return listing.from_channel ? *channel_ : elsewhere(listing.name);
}

void PackageSource::keep(std::span<const std::string> names, std::vector<Page> pages,
                         const index::IndexClient& from) {
  std::vector<std::vector<pytorch::Build>> builds(names.size());
  side_by_side(names.size(), [&](std::size_t i) {
    if (pages[i] && *pages[i]) builds[i] = pytorch::builds_of((*pages[i])->files);
  });
  for (std::size_t i = 0; i < names.size(); ++i)
    keep(names[i], std::move(pages[i]), std::move(builds[i]), from);
}

void PackageSource::keep(const std::string& name, Page page, std::vector<pytorch::Build> builds,
                         const index::IndexClient& from) {
  if (!page) {
    listings_.emplace(key_of(name), fail(std::move(page.error())));
    return;
  }
  Listing listing;
  listing.name = name;
  listing.index = from.url();
  listing.from_channel = &from == channel_;
  listing.known = page->has_value();
  listing.refused = from.refused(name);
  if (*page) listing.files = std::move((*page)->files);
  listing.builds = std::move(builds);
  listings_.emplace(key_of(name), std::move(listing));
}

void PackageSource::prefetch(std::span<const std::string> names) {
  std::vector<std::string> of_channel;
  std::map<index::IndexClient*, std::vector<std::string>> of_others;
  std::set<std::string> seen;
  for (const auto& name : names) {
    if (listings_.count(key_of(name)) != 0 || offered_.count(name) != 0) continue;
    if (!seen.insert(name).second) continue;
    (origin(name) == Origin::general ? of_others[&elsewhere(name)] : of_channel).push_back(name);
  }
  if (!of_channel.empty()) {
    for (auto& name : ask_channel(of_channel)) of_others[general_].push_back(std::move(name));
  }
  for (const auto& [client, those] : of_others) keep(those, client->pages(those), *client);
}

std::vector<std::string> PackageSource::ask_channel(const std::vector<std::string>& names) {
  auto pages = channel_->pages(names);
  const auto added = add_hidden(names, pages);
  std::vector<std::string> elsewhere;
  std::vector<std::string> here;
  std::vector<Page> kept;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (pages[i] && !*pages[i] && origin(names[i]) == Origin::channel_first) {
      elsewhere.push_back(names[i]);
    } else {
      here.push_back(names[i]);
      kept.push_back(added ? std::move(pages[i]) : Page(fail(added.error())));
    }
  }
  keep(here, std::move(kept), *channel_);
  return elsewhere;
}

/// The kept wheels, with the positions of their packages, that came from the channel and are not on the page.
std::vector<std::pair<std::size_t, const project::LockedWheel*>> PackageSource::hidden_of(
    const std::string& name, const Page& page) {
  std::vector<std::pair<std::size_t, const project::LockedWheel*>> hidden;
  if (!page) return hidden;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const auto& package = kept_[i];
    if (package.name != name) continue;
    const bool of_channel = package.index ? *package.index == channel_->url().text()
                                          : page->has_value() || origin(name) == Origin::channel;
    for (const auto& wheel : package.wheels) {
      const auto is_it = [&](const index::IndexFile& file) { return file.file_name == wheel.file_name; };
      const bool shown = *page && std::any_of((*page)->files.begin(), (*page)->files.end(), is_it);
      if (of_channel && !shown) hidden.emplace_back(i, &wheel);
    }
  }
  return hidden;
}

Result<void> PackageSource::add_hidden(const std::vector<std::string>& names, std::vector<Page>& pages) {
  std::vector<project::LockedWheel> wheels;
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of the page, of the package
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const auto& [package, wheel] : hidden_of(names[i], pages[i])) {
      wheels.push_back(*wheel);
      places.emplace_back(i, package);
    }
  }
  if (wheels.empty()) return {};
  std::vector<pytorch::PublishedWheel> published;
  published.reserve(wheels.size());
  for (const auto& wheel : wheels) published.push_back({wheel.file_name, wheel.url});
  TRY_ASSIGN(auto found, pytorch::find_hidden(http_, channel_->url(), published));
  for (std::size_t i = 0; i < wheels.size(); ++i) {
    const auto& wheel = wheels[i];
    const auto& package = kept_[places[i].second];
    if (!found[i].url) {
      vanished_.push_back({package.name, package.version, wheel.file_name,
                           channel_->url().child(package.name).extend_path("/"), std::move(found[i].asked)});
      continue;
    }
    log_debug("{} is no longer on its page, but at {}", wheel.file_name, *found[i].url);
    auto& page = *pages[places[i].first];
    if (!page) page = index::ProjectPage{package.name, {}};
    page->files.push_back({.file_name = wheel.file_name,
                           .url = *found[i].url,
                           .sha256 = wheel.sha256,
                           .size = wheel.size == 0 ? std::nullopt : std::optional(wheel.size),
                           .upload_time = wheel.upload_time});
  }
  return {};
}

/// The solver calls this at every step, so that a stop ends it too.
Result<void> PackageSource::go_on() const {
  if (stop_.stop_requested()) return fail(environment_error("stopped while resolving"));
  return {};
}

Result<const Listing*> PackageSource::find(const std::string& name) {
  TRY(go_on());
  if (const auto offered = offered_.find(name); offered != offered_.end()) return offered->second;
  prefetch({&name, 1});
  const auto& listing = listings_.at(key_of(name));
  if (!listing) return fail(listing.error());
  return &*listing;
}

bool PackageSource::may_move(const std::string& name) const {
  const auto at = listings_.find({name, false});
  return at != listings_.end() && at->second && at->second->from_channel && at->second->known &&
         asked_of_channel_.count(name) == 0 &&
         pytorch::rule_of(name).from == pytorch::PackageRule::From::channel_first;
}

void PackageSource::rule_out(const std::string& package, const specs::Version& version, std::string reason) {
  ruled_out_.emplace(std::pair(package, version), std::move(reason));
}

void PackageSource::prefetch_metadata(std::span<const Wheel> wheels) {
  std::map<index::IndexClient*, std::vector<index::IndexFile>> wanted;
  std::set<specs::Url> seen;
  for (const auto& wheel : wheels) {
    const auto& file = wheel.file();
    if (metadata_.count(file.url) != 0 || !seen.insert(file.url).second) continue;
    wanted[&client_of(*wheel.listing)].push_back(file);
  }
  for (const auto& [client, files] : wanted) {
    auto found = client->metadata(files);
    for (std::size_t i = 0; i < files.size(); ++i) metadata_.emplace(files[i].url, std::move(found[i]));
  }
}

Result<const specs::CoreMetadata*> PackageSource::metadata(const Wheel& wheel) {
  TRY(go_on());
  prefetch_metadata({&wheel, 1});
  const auto& metadata = metadata_.at(wheel.file().url);
  if (!metadata) return fail(metadata.error());
  return &*metadata;
}

}  // namespace launch::locking
