#include "locking/locate.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/text.hpp"
#include "index/index_client.hpp"
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

// Sets the URLs of all wheels that the index still has; returns the projects of the others.
Result<std::set<std::string>> locate_on(index::IndexClient& client, std::vector<project::LockedWheel>& wheels,
                                        const std::set<std::string>& projects) {
  std::set<std::string> left;
  TRY_ASSIGN(const auto pages, read_pages(client, projects));
  for (auto& wheel : wheels) {
    if (!to_be_located(wheel)) continue;
    TRY_ASSIGN(const auto project, project_of(wheel));
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

// Sets the URLs of wheels that the channel still has but no longer lists.
Result<void> locate_hidden(net::HttpClient& http, const specs::Url& channel_url,
                           std::vector<project::LockedWheel>& wheels) {
  std::vector<pytorch::PublishedWheel> hidden;
  const auto is_wanted = [](const project::LockedFile& file) {
    return to_be_located(file) && file.file_name.ends_with(".whl");
  };
  for (const auto& wheel : wheels) {
    if (is_wanted(wheel)) hidden.push_back({wheel.file_name, std::nullopt});
  }
  TRY_ASSIGN(const auto places, pytorch::find_hidden(http, channel_url, hidden));
  auto found = places.begin();
  for (auto& wheel : wheels) {
    if (is_wanted(wheel)) wheel.url = (found++)->url;
  }
  return {};
}

}  // namespace

Result<std::vector<project::LockedWheel>> locate_wheels(std::vector<project::LockedWheel> wheels,
                                                        const project::Provenance& provenance,
                                                        const project::Site& site, net::HttpClient& http) {
  std::set<std::string> projects;
  for (const auto& wheel : wheels) {
    if (!to_be_located(wheel)) continue;
    TRY_ASSIGN(auto project, project_of(wheel));
    projects.insert(std::move(project));
  }
  if (projects.empty()) return wheels;

  std::vector<std::string> asked;
  const bool of_channel =
      provenance.channel && provenance.channel != pytorch::Channel::index && provenance.cuda;
  const auto channel_url =
      of_channel ? pytorch::channel_index_url(site.channel_url.value, *provenance.channel, *provenance.cuda)
                 : specs::Url();
  if (of_channel) {
    index::IndexClient channel(http, {.url = channel_url, .forbidden_is_missing = true});
    asked.push_back(channel.url().text());
    TRY_ASSIGN(projects, locate_on(channel, wheels, projects));
  }
  if (!projects.empty()) {
    index::IndexClient general(
        http, {.url = site.index_url.value, .find_links = project::values_of(site.find_links)});
    asked.push_back(general.url().text());
    TRY_ASSIGN(projects, locate_on(general, wheels, projects));
  }
  if (!projects.empty() && of_channel) TRY(locate_hidden(http, channel_url, wheels));
  const auto lost = std::find_if(wheels.begin(), wheels.end(), to_be_located);
  if (lost == wheels.end()) return wheels;
  return fail(
      environment_error(fmt::format("{} is no longer on {}", lost->file_name, join_words(asked, "or")))
          .hint(other_ways(*lost)));
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

store::Artifact artifact_of(const project::LockedWheel& wheel, const fs::path& lock_folder) {
  return {.name = wheel.file_name,
          .sha256 = *wheel.sha256,
          .size = wheel.size,
          .url = wheel.url,
          .beside = wheel.path ? std::optional(lock_folder / *wheel.path) : std::nullopt};
}

Result<store::Fetched> fetch_locked(std::vector<project::LockedWheel> wheels,
                                    const project::Provenance& provenance, const fs::path& lock_folder,
                                    const project::Site& site, const store::Store& store,
                                    net::HttpClient& http, const Work& work) {
  const auto is_lost = [&](const project::LockedWheel& wheel) {
    std::error_code ignored;
    return can_be_located(wheel) && !store.has(*wheel.sha256, wheel.file_name) &&
           !fs::exists(lock_folder / *wheel.path, ignored);
  };
  std::vector<project::LockedWheel> lost;
  std::copy_if(wheels.begin(), wheels.end(), std::back_inserter(lost), is_lost);
  TRY_ASSIGN(lost, locate_wheels(std::move(lost), provenance, site, http));
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
