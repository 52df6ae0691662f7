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

// Sets the URLs of the wheels of these projects that the index still has; returns the projects of the others.
Result<std::set<std::string>> locate_on(index::IndexClient& client, std::vector<project::LockedWheel>& wheels,
                                        const std::set<std::string>& projects) {
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

/// The indexes to ask for a project, in turn.
std::vector<index::IndexSource> sources_of(const std::string& project, const Origins& origins) {
  for (const auto& further : origins.further) {
    if (further.packages.count(project) != 0) return {{.url = further.url}};
  }
  std::vector<index::IndexSource> sources;
  if (origins.channel) sources.push_back({.url = *origins.channel, .forbidden_is_missing = true});
  sources.push_back(origins.general);
  return sources;
}

/// Projects that are asked for at the same indexes.
struct Group {
  std::vector<index::IndexSource> sources;
  std::set<std::string> projects;
};

std::vector<Group> groups_of(const std::set<std::string>& projects, const Origins& origins) {
  std::map<std::string, Group> groups;  // by the URL of the first index
  for (const auto& project : projects) {
    auto sources = sources_of(project, origins);
    auto& group = groups[sources.front().url.text()];
    group.sources = std::move(sources);
    group.projects.insert(project);
  }
  std::vector<Group> out;
  out.reserve(groups.size());
  for (auto& [url, group] : groups) out.push_back(std::move(group));
  return out;
}

// Sets the URLs of wheels that the channel still has but no longer lists.
Result<void> locate_hidden(net::HttpClient& http, const Origins& origins,
                           std::vector<project::LockedWheel>& wheels) {
  std::vector<pytorch::PublishedWheel> hidden;
  const auto is_wanted = [&](const project::LockedFile& file) {
    if (!to_be_located(file) || !file.file_name.ends_with(".whl")) return false;
    const auto project = project_of(file);
    return project && sources_of(*project, origins).front().url == *origins.channel;
  };
  for (const auto& wheel : wheels) {
    if (is_wanted(wheel)) hidden.push_back({wheel.file_name, std::nullopt});
  }
  TRY_ASSIGN(const auto places, pytorch::find_hidden(http, *origins.channel, hidden));
  auto found = places.begin();
  for (auto& wheel : wheels) {
    if (is_wanted(wheel)) wheel.url = (found++)->url;
  }
  return {};
}

Error lost(const project::LockedWheel& wheel, const std::string& project, const Origins& origins) {
  std::vector<std::string> asked;
  for (const auto& source : sources_of(project, origins))
    asked.push_back(source.url.without_credentials().text());
  return environment_error(fmt::format("{} is no longer on {}", wheel.file_name, join_words(asked, "or")))
      .hint(other_ways(wheel));
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
  TRY_ASSIGN(const auto projects, projects_to_locate(wheels));
  for (const auto& group : groups_of(projects, origins)) {
    auto left = group.projects;
    for (const auto& source : group.sources) {
      if (left.empty()) break;
      index::IndexClient client(http, source);
      TRY_ASSIGN(left, locate_on(client, wheels, left));
    }
  }
  if (origins.channel) TRY(locate_hidden(http, origins, wheels));
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

std::vector<project::LockedFile> interpreters_of(const project::Lockfile& lock) {
  std::vector<project::LockedFile> archives;
  if (!lock.provenance.interpreter) return archives;
  for (const auto& [platform, archive] : lock.provenance.interpreter->archives) {
    project::LockedFile file;
    file.file_name = archive.file_name();
    file.url = archive.url;
    file.sha256 = archive.sha256;
    archives.push_back(std::move(file));
  }
  return archives;
}

Result<store::Fetched> fetch_interpreters(const std::vector<project::LockedFile>& archives,
                                          const store::Store& store, net::HttpClient& http,
                                          const Work& work) {
  std::vector<store::Artifact> wanted;
  wanted.reserve(archives.size());
  for (const auto& archive : archives) wanted.push_back(artifact_of(archive, {}));
  auto fetched = store::fetch(store, wanted, http, work);
  if (fetched || work.stop.stop_requested()) return fetched;
  return fail(
      std::move(fetched.error())
          .hint("set python = \"base\" under [image] of the recipe, and lock again, to use the base image's "
                "Python")
          .hint("or bring the archive from a machine that can reach it: `launch fetch LOCK --to DIR` there, "
                "`launch fetch LOCK --from DIR` here"));
}

namespace {

/// How a lock gets by without this version; empty for what is no wheel.
std::string without_version(const project::LockedWheel& wheel) {
  const auto name = specs::WheelName::parse(wheel.file_name);
  if (!name) return {};
  return fmt::format(
      "if it stays so, exclude the version: add \"{}!={}\" to constraints under [lock] of the recipe, "
      "and lock again",
      name->name, name->version.text());
}

}  // namespace

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
