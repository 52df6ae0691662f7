#include "image/base_folders.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "archive/tree.hpp"
#include "image/layers.hpp"
#include "project/image_folders.hpp"

namespace launch::image {
namespace {

/// The folders above an absolute path, from the root's own down: "opt" of "/opt/venv".
std::vector<std::string> folders_above(std::string_view path) {
  std::vector<std::string> folders;
  for (auto slash = path.find('/', 1); slash != std::string_view::npos; slash = path.find('/', slash + 1))
    folders.emplace_back(path.substr(1, slash - 1));
  return folders;
}

/// Whether there is a folder or link, or one below it.
bool has(const archive::RootTree& root, const std::string& path) {
  const auto in = [&](const auto& map) {
    const auto next = map.lower_bound(path + '/');
    return map.contains(path) || (next != map.end() && next->first.starts_with(path + '/'));
  };
  return in(root.folders) || in(root.links);
}

Error unfit(const std::string& base, std::string_view what, std::string_view why) {
  return input_error(fmt::format("the base image {} has {}, {}", base, what, why))
      .hint("set another base image with `from` under [image] of the recipe, and lock again");
}

}  // namespace

Result<void> check_base_folders(const archive::RootTree& root, const std::string& base) {
  for (const auto own : {kVenv, project::kPythonHome}) {
    if (has(root, std::string(own.substr(1))))
      return fail(unfit(base, own, "whose files would be mixed with those of the lock"));
    for (const auto& folder : folders_above(own)) {
      if (root.links.contains(folder))
        return fail(unfit(base, fmt::format("a link at /{}", folder),
                          fmt::format("which the layers of {} would replace", own)));
    }
  }
  return {};
}

void keep_base_folders(OwnLayer& layer, const archive::RootTree& root) {
  std::vector<archive::LayerMember> kept;
  for (auto& folder : folders_above(kVenv)) {
    const auto found = root.folders.find(folder);
    if (found == root.folders.end() || found->second == archive::Access{archive::mode_of(true), 0, 0})
      continue;
    const bool has_it = std::any_of(layer.members.begin(), layer.members.end(),
                                    [&](const auto& each) { return each.member.path == folder; });
    if (has_it) continue;
    archive::LayerMember member{
        .member = {.path = std::move(folder), .is_folder = true, .time = archive::kFileTime}};
    member.member.mode = found->second.mode;
    member.member.owner = found->second.owner;
    member.member.group = found->second.group;
    kept.push_back(std::move(member));
  }
  layer.members.insert(layer.members.begin(), std::make_move_iterator(kept.begin()),
                       std::make_move_iterator(kept.end()));
}

}  // namespace launch::image
