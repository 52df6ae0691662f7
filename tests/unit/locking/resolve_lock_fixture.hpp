#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "locking/resolve_lock.hpp"
#include "unit/base/scratch.hpp"

namespace launch::locking {

inline constexpr std::string_view kGeneral = "https://pypi.example/simple";
inline constexpr std::string_view kChannel = "https://channel.example/whl";

/// A PEP 503 index in memory, with sidecars.
class FakeIndex {
 public:
  FakeIndex(fakes::MemoryHttp& http, std::string url) : http_(http), url_(std::move(url)) {}

  struct Options {
    bool hash = true;
    bool sidecar = true;
    std::string yanked = {};  ///< the reason
    std::string requires_python = {};
  };
  std::string add_wheel(const fakes::WheelSpec& spec, const Options& options) {
    auto name = fakes::wheel_file_name(spec);
    const auto bytes = fakes::make_wheel(spec);
    const auto metadata = fakes::wheel_metadata(spec);
    const auto file_url = url_ + "/files/" + replace_all(name, "+", "%2B");
    http_.put(file_url, bytes);
    auto anchor =
        fmt::format("<a href=\"{}{}\"", file_url, options.hash ? "#sha256=" + sha256_hex(bytes) : "");
    if (options.sidecar) {
      http_.put(file_url + ".metadata", metadata);
      anchor += fmt::format(" data-core-metadata=\"sha256={}\"", sha256_hex(metadata));
    }
    if (!options.yanked.empty()) anchor += fmt::format(" data-yanked=\"{}\"", options.yanked);
    if (!options.requires_python.empty()) {
      anchor += fmt::format(" data-requires-python=\"{}\"",
                            replace_all(replace_all(options.requires_python, "<", "&lt;"), ">", "&gt;"));
    }
    pages_[spec.name][name] = fmt::format("{}>{}</a><br/>\n", anchor, name);
    show(spec.name);
    return name;
  }
  void add_archive(const std::string& project, const std::string& version, const std::string& bytes = {}) {
    const auto name = fmt::format("{}-{}.tar.gz", project, version);
    const auto hash = bytes.empty() ? "" : "#sha256=" + sha256_hex(bytes);
    if (!bytes.empty()) http_.put(file_url(name), bytes);
    pages_[project][name] = fmt::format("<a href=\"{}/files/{}{}\">{}</a><br/>\n", url_, name, hash, name);
    show(project);
  }
  /// Removes a wheel from its project's page; the file stays.
  void hide(const std::string& project, const std::string& name) {
    pages_[project].erase(name);
    show(project);
  }
  std::string add(const std::string& name, const std::string& version,
                  const std::vector<std::string>& needs = {}, const std::string& tags = "py3-none-any") {
    return add_wheel({.name = name, .version = version, .requires_dist = needs, .tags = tags}, {});
  }
  std::string page_url(const std::string& project) const { return fmt::format("{}/{}/", url_, project); }
  std::string file_url(const std::string& name) const {
    return url_ + "/files/" + replace_all(name, "+", "%2B");
  }

 private:
  void show(const std::string& project) {
    std::string links;
    for (const auto& [name, anchor] : pages_[project]) links += anchor;
    http_.put(page_url(project), "<!DOCTYPE html><html><body>\n" + links + "</body></html>\n");
  }

  fakes::MemoryHttp& http_;
  std::string url_;
  std::map<std::string, std::map<std::string, std::string>> pages_;  ///< anchors, by project and file
};

inline specs::Requirement requirement(const std::string& text) {
  return *specs::Requirement::parse(text);
}

class ResolveLock : public ::testing::Test {
 protected:
  ResolveLock() {
    recipe.name = "demo";
    recipe.python = fakes::python("3.12");
    recipe.platforms = {fakes::x86()};
    site.index_url = {fakes::url(kGeneral), "test"};
    site.channel_url = {fakes::url(kChannel), "test"};
    site.store = {folder / "store", "test"};
  }

  void use_nightly(const std::vector<std::string>& packages) {
    recipe.torch.channel = pytorch::Channel::nightly;
    recipe.torch.cuda = fakes::accelerator("cu128");
    for (const auto& package : packages) recipe.torch.packages.push_back(requirement(package));
    http.on("https://channel.example/whl/nightly/cu128/",
            [](const net::HttpRequest&) { return fakes::MemoryAnswer{}; });
  }
  void take(const std::vector<std::string>& packages) {
    for (const auto& package : packages) recipe.packages.push_back(requirement(package));
  }

  store::Store store() { return store::Store::open(site.store.value, work).value(); }
  LockRequest request() const {
    return {.recipe = recipe,
            .previous = previous,
            .upgrade = upgrade,
            .upgrade_only = upgrade_only,
            .night = night,
            .python_patch = python_patch,
            .builder = builder,
            .glibc_minor = 39};
  }
  Result<LockResult> lock() { return resolve_lock(request(), site, http, store(), work); }
  /// "a 1.0; marker", one per package; or the error's text.
  std::vector<std::string> locked() {
    const auto result = lock();
    if (!result) return {result.error().text()};
    std::vector<std::string> out;
    for (const auto& package : result->lock.packages) {
      out.push_back(package.name + " " + package.version.text() +
                    (package.marker ? "; " + *package.marker : ""));
    }
    return out;
  }
  std::string error_text() {
    const auto result = lock();
    return result ? "" : result.error().text();
  }

  std::optional<int> python_patch;
  test::Scratch folder;
  fakes::FakeWork work;
  fakes::MemoryHttp http;
  FakeIndex general{http, std::string(kGeneral)};
  FakeIndex channel{http, std::string(kChannel) + "/nightly/cu128"};
  project::Recipe recipe;
  project::Site site;
  std::optional<project::Lockfile> previous;
  bool upgrade = false;
  std::set<std::string> upgrade_only;
  std::optional<OtherNight> night;
  SourceBuilder* builder = nullptr;
};

}  // namespace launch::locking
