#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "index/simple_page.hpp"
#include "pytorch/builds.hpp"
#include "pytorch/packages.hpp"
#include "specs/name.hpp"
#include "specs/wheel.hpp"

namespace launch::fuzz {
namespace {

void check_name(std::string_view name, const std::vector<specs::Tag>& tags) {
  const auto wheel = specs::WheelName::parse(name);
  if (parsed(wheel)) {
    require(specs::normalize_name(wheel->name) == wheel->name, "a wheel's name is normalized", wheel->name);
    const auto best = specs::best_tag(wheel->tags, tags);
    require(!best || *best < tags.size(), "the best tag is one of them", wheel->tags);
    if (const auto compressed = specs::CompressedTags::parse(wheel->tags); parsed(compressed)) {
      require(!best || compressed->holds(tags[*best]), "the best tag is in the name", wheel->tags);
      (void)compressed->interpreter();
      for (const auto& platform : specs::Platform::all()) {
        (void)compressed->fits(platform);
        for (const auto& each : compressed->platforms) (void)specs::glibc_minor_of(each, platform);
      }
    }
  }
  (void)index::archive_version(name);
  const auto project = index::archive_project(name);
  if (project) require(index::is_file_of(name, *project), "an archive is of its project", name, *project);
  if (index::is_distribution(name)) {
    require(stays_below(name) && name.find('/') == std::string_view::npos, "a distribution is a file name",
            name);
  }
  (void)pytorch::tail_of_wheel(name, name.size());
}

}  // namespace

/// Lines, each the name of a wheel or source archive.
void fuzz_file_name(std::string_view bytes) {
  constexpr std::size_t kMost = 16;
  static const auto kTags = specs::supported_tags({specs::Interpreter{12}, specs::Platform(), 39});
  std::vector<index::IndexFile> files;
  for (const auto line : lines(bytes)) {
    if (files.size() == kMost) break;
    check_name(line, kTags);
    files.push_back({.file_name = std::string(line)});
  }
  const auto builds = pytorch::builds_of(files);
  for (const auto& build : builds) require(build.file < files.size(), "a build is of a file");
  (void)pytorch::nights_of(builds);
}

}  // namespace launch::fuzz
