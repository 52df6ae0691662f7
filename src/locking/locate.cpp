#include "locking/locate.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pytorch/channel.hpp"
#include "pytorch/hidden_wheels.hpp"
#include "specs/wheel.hpp"

namespace launch::locking {

namespace fs = std::filesystem;

namespace {

using Pages = std::map<std::string, index::ProjectPage>;

bool to_be_located(const project::LockedWheel& wheel) {
  return wheel.path && !wheel.url;
}

/// False for an archive that is not named as on an index.
bool can_be_located(const project::LockedFile& file) {
  return to_be_located(file) && (file.file_name.ends_with(".whl") || index::archive_project(file.file_name));
}

/// Of a wheel or a source archive.
Result<std::string> project_of(const project::LockedFile& wheel) {
  if (auto project = index::archive_project(wheel.file_name)) return *std::move(project);
  TRY_ASSIGN(auto parts, specs::WheelName::parse(wheel.file_name));
  return std::move(parts.name);
}

Result<Pages> read_pages(index::IndexClient& client, const std::set<std::string>& projects) {
  Pages pages;
  const std::vector<std::string> names(projects.begin(), projects.end());
  auto answers = client.pages(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    TRY_ASSIGN(auto page, std::move(answers[i]));
    if (page) pages.emplace(names[i], *std::move(page));
  }
  return pages;
}

const index::IndexFile* find_file(const Pages& pages, const std::string& project,
                                  const std::string& file_name) {
  const auto page = pages.find(project);
  if (page == pages.end()) return nullptr;
  const auto& files = page->second.files;
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&](const index::IndexFile& one) { return one.file_name == file_name; });
  return file == files.end() ? nullptr : &*file;
}

constexpr std::string_view kOtherWays =
    "take the file from a store or wheel house that has it, and put it at {}; or lock again with --upgrade";

std::string other_ways(const project::LockedWheel& wheel) {
  return fmt::format(kOtherWays, wheel.path.value_or(wheel.file_name));
}

/// How a lock gets by without this version; empty for what is no wheel.
std::string without_version(const project::LockedWheel& wheel) {
  const auto name = specs::WheelName::parse(wheel.file_name);
  if (!name) return {};
  return fmt::format(
      "if this persists, exclude the version: add \"{}!={}\" to constraints under [lock] of the recipe, "
      "and lock again",
      name->name, name->version.text());
}

// Sets the URLs of the wheels of these projects that the index still has; returns the projects of the others.
Result<std::set<std::string>> locate_on(const index::IndexSource& source, net::HttpClient& http,
                                        std::vector<project::LockedWheel>& wheels,
                                        const std::set<std::string>& projects) {
  if (projects.empty()) return projects;
  index::IndexClient client(http, source);
  std::set<std::string> left;
  TRY_ASSIGN(const auto pages, read_pages(client, projects));
  for (auto& wheel : wheels) {
    if (!to_be_located(wheel)) continue;
    TRY_ASSIGN(const auto project, project_of(wheel));
    if (projects.count(project) == 0) continue;
    const auto* file = find_file(pages, project, wheel.file_name);
    if (file == nullptr) {
      left.insert(project);
      continue;
    }
    if (file->sha256 && file->sha256 != wheel.sha256) {
      return fail(environment_error(
                      fmt::format("{} is a different file now on {}: expected sha256 {}, found {}",
                                  wheel.file_name, client.url(), wheel.sha256->hex(), file->sha256->hex()))
                      .hint(other_ways(wheel)));
    }
    wheel.url = file->url;
  }
  return left;
}

/// The projects of the wheels that lack a URL.
Result<std::set<std::string>> projects_to_locate(const std::vector<project::LockedWheel>& wheels) {
  std::set<std::string> projects;
  for (const auto& wheel : wheels) {
    if (!to_be_located(wheel)) continue;
    TRY_ASSIGN(auto project, project_of(wheel));
    projects.insert(std::move(project));
  }
  return projects;
}

/// Where a project was asked for.
std::vector<specs::Url> asked_for(const std::string& project, const Origins& origins) {
  for (const auto& further : origins.further) {
    if (further.packages.count(project) != 0) return {further.url};
  }
  std::vector<specs::Url> urls;
  if (origins.channel) urls.push_back(*origins.channel);
  urls.push_back(origins.general.url);
  return urls;
}

Error lost(const project::LockedWheel& wheel, const std::string& project, const Origins& origins) {
  std::vector<std::string> asked;
  for (const auto& url : asked_for(project, origins)) asked.push_back(url.without_credentials().text());
  return environment_error(fmt::format("{} is no longer on {}", wheel.file_name, join_words(asked, "or")))
      .hint(other_ways(wheel));
}

// Sets the URLs of wheels of these projects that the channel still has but no longer lists.
Result<void> locate_hidden(net::HttpClient& http, const specs::Url& channel,
                           const std::set<std::string>& projects, std::vector<project::LockedWheel>& wheels) {
  std::vector<pytorch::PublishedWheel> hidden;
  const auto is_wanted = [&](const project::LockedFile& file) {
    if (!to_be_located(file) || !file.file_name.ends_with(".whl")) return false;
    const auto project = project_of(file);
    return project && projects.count(*project) != 0;
  };
  for (const auto& wheel : wheels) {
    if (is_wanted(wheel)) hidden.push_back({wheel.file_name, std::nullopt});
  }
  TRY_ASSIGN(const auto places, pytorch::find_hidden(http, channel, hidden));
  auto found = places.begin();
  for (auto& wheel : wheels) {
    if (is_wanted(wheel)) wheel.url = (found++)->url;
  }
  return {};
}

}  // namespace

Origins origins_of(const project::Provenance& provenance, const project::Site& site,
                   std::vector<project::Recipe::Index> further) {
  Origins origins{.general = {.url = site.index_url.value, .find_links = project::values_of(site.find_links)},
                  .further = std::move(further)};
  if (provenance.channel && provenance.channel != pytorch::Channel::index && provenance.cuda) {
    origins.channel =
        pytorch::channel_index_url(site.channel_url.value, *provenance.channel, *provenance.cuda);
  }
  return origins;
}

Result<std::vector<project::LockedWheel>> locate_wheels(std::vector<project::LockedWheel> wheels,
                                                        const Origins& origins, net::HttpClient& http) {
  TRY_ASSIGN(auto projects, projects_to_locate(wheels));
  for (const auto& further : origins.further) {
    std::set<std::string> own;
    for (const auto& name : further.packages) {
      if (projects.erase(name) != 0) own.insert(name);
    }
    TRY(locate_on({.url = further.url}, http, wheels, own));
  }
  if (origins.channel) {
    const index::IndexSource channel{.url = *origins.channel, .forbidden_is_missing = true};
    TRY_ASSIGN(projects, locate_on(channel, http, wheels, projects));
  }
  TRY_ASSIGN(projects, locate_on(origins.general, http, wheels, projects));
  if (origins.channel && !projects.empty()) TRY(locate_hidden(http, *origins.channel, projects, wheels));
  const auto still = std::find_if(wheels.begin(), wheels.end(), to_be_located);
  if (still == wheels.end()) return wheels;
  TRY_ASSIGN(const auto project, project_of(*still));
  return fail(lost(*still, project, origins));
}

Result<fs::path> place_beside_lock(const project::LockedWheel& wheel, const fs::path& lock_folder) {
  const auto path = fs::path(wheel.path.value_or(wheel.file_name)).lexically_normal();
  if (path.is_absolute() || path.empty() || *path.begin() == ".." || path.filename() != wheel.file_name) {
    return fail(input_error(
        fmt::format("the lock puts {} at {}, expected a path below the lock's folder that ends in "
                    "that name",
                    wheel.file_name, *wheel.path)));
  }
  return lock_folder / path;
}

std::vector<project::LockedWheel> wheels_of(const project::Lockfile& lock) {
  std::vector<project::LockedWheel> wheels;
  for (const auto& package : lock.packages) {
    wheels.insert(wheels.end(), package.wheels.begin(), package.wheels.end());
  }
  return wheels;
}

std::vector<project::LockedFile> archives_of(const project::Lockfile& lock) {
  std::vector<project::LockedFile> archives;
  for (const auto& package : lock.packages) {
    if (package.wheels.empty() && package.sdist) archives.push_back(*package.sdist);
    if (package.source && package.source->file) archives.push_back(*package.source->file);
  }
  return archives;
}

std::vector<project::LockedFile> interpreters_of(const project::Lockfile& lock,
                                                 std::span<const specs::Platform> platforms) {
  std::vector<project::LockedFile> files;
  if (!lock.provenance.interpreter) return files;
  for (const auto& [platform, archive] : lock.provenance.interpreter->archives) {
    if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) continue;
    auto& file = files.emplace_back();
    file.file_name = archive.file_name();
    file.url = archive.url;
    file.sha256 = archive.sha256;
  }
  return files;
}

Result<store::Fetched> fetch_interpreters(const std::vector<project::LockedFile>& archives,
                                          const store::Store& store, net::HttpClient& http,
                                          const Work& work) {
  std::vector<store::Artifact> wanted;
  wanted.reserve(archives.size());
  for (const auto& archive : archives) wanted.push_back(artifact_of(archive, {}));
  auto fetched = store::fetch(store, wanted, http, work, "fetching Python");
  const bool is_ours = !fetched && fetched.error().number() != 0;  // of this machine: a full disk
  if (fetched || is_ours || work.stop.stop_requested()) return fetched;
  return fail(
      std::move(fetched.error())
          .hint("set python = \"base\" under [image] of the recipe, and lock again, to use the base image's "
                "Python")
          .hint("or bring the archive from a machine that can reach it: `launch fetch LOCK --to DIR` there, "
                "`launch fetch LOCK --from DIR` here"));
}

store::Artifact artifact_of(const project::LockedWheel& wheel, const fs::path& lock_folder) {
  return {.name = wheel.file_name,
          .sha256 = *wheel.sha256,
          .size = wheel.size,
          .url = wheel.url,
          .beside = wheel.path ? std::optional(lock_folder / *wheel.path) : std::nullopt,
          .way_out = without_version(wheel)};
}

Result<store::Fetched> fetch_locked(std::vector<project::LockedWheel> wheels, const Origins& origins,
                                    const fs::path& lock_folder, const store::Store& store,
                                    net::HttpClient& http, const Work& work) {
  const auto is_lost = [&](const project::LockedWheel& wheel) {
    std::error_code ignored;
    return can_be_located(wheel) && !store.has(*wheel.sha256, wheel.file_name) &&
           !fs::exists(lock_folder / *wheel.path, ignored);
  };
  std::vector<project::LockedWheel> lost;
  std::copy_if(wheels.begin(), wheels.end(), std::back_inserter(lost), is_lost);
  TRY_ASSIGN(lost, locate_wheels(std::move(lost), origins, http));
  auto located = lost.begin();
  for (auto& wheel : wheels) {
    if (located != lost.end() && wheel.file_name == located->file_name && wheel.sha256 == located->sha256) {
      wheel = *located++;
    }
  }
  std::vector<store::Artifact> wanted;
  wanted.reserve(wheels.size());
  for (const auto& wheel : wheels) wanted.push_back(artifact_of(wheel, lock_folder));
  return store::fetch(store, wanted, http, work);
}

}  // namespace launch::locking
