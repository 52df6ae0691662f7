#include "image/own_layers.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "archive/estargz.hpp"
#include "archive/layer_names.hpp"
#include "archive/tree.hpp"
#include "image/layers.hpp"
#include "image/user.hpp"
#include "image/venv.hpp"

namespace launch::image {
namespace {

using archive::LayerMember;

std::string below_root(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

LayerMember folder(std::string path) {
  return {.member = {.path = std::move(path), .is_folder = true, .time = archive::kFileTime}};
}

LayerMember link(std::string path, std::string target) {
  return {.member = {.path = std::move(path), .time = archive::kFileTime, .link = std::move(target)}};
}

LayerMember text(std::string path, std::string content) {
  return {.member = {.path = std::move(path), .time = archive::kFileTime}, .content = std::move(content)};
}

LayerMember owned(LayerMember member, const Owner& owner) {
  member.member.owner = owner.user;
  member.member.group = owner.group;
  return member;
}

/// What hides a file of the layers below (OCI image layer, "Whiteouts").
LayerMember whiteout(std::string_view name) {
  return text(fmt::format("{}{}", archive::kWhiteout, name), "");
}

/// Members by path, which sorts each folder before what it contains.
class Members {
 public:
  explicit Members(const archive::RootTree& root) : root_(root) {}

  void add(LayerMember member) {
    add_parents(member.member.path);
    auto path = member.member.path;
    members_.insert_or_assign(std::move(path), std::move(member));
  }
  /// The folder, and those on the way to it, as far as the base image lacks them.
  void add_new_folders(const std::string& path, const Owner& owner) { add_parents(path + '/', owner); }
  /// A folder that belongs to somebody, in folders of root; one of the base image keeps its mode.
  void add_owned_folder(const std::string& path, const Owner& owner) {
    add_parents(path);
    auto member = owned(folder(path), owner);
    if (const auto found = root_.folders.find(path); found != root_.folders.end())
      member.member.mode = found->second.mode;
    members_.insert_or_assign(path, std::move(member));
  }
  std::vector<LayerMember> finish() {
    std::vector<LayerMember> out;
    out.reserve(members_.size());
    for (auto& [path, member] : members_) out.push_back(std::move(member));
    return out;
  }

 private:
  void add_parents(const std::string& path, const Owner& owner = {}) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      auto parent = path.substr(0, slash);
      if (!parent.empty() && !root_.folders.contains(parent))
        members_.try_emplace(parent, owned(folder(parent), owner));
    }
  }

  const archive::RootTree& root_;
  std::map<std::string, LayerMember> members_;
};

/// A file, folder or link without its place; `layer` gets the content of a file.
Result<LayerMember> project_member(const ProjectFile& file, OwnLayer& layer) {
  if (file.kind == ProjectFile::Kind::folder) return folder({});
  if (file.kind == ProjectFile::Kind::link) return link({}, file.target);
  LayerMember member;
  member.member.executable = file.executable;
  member.member.time = archive::kFileTime;
  member.source = layer.files.size();
  if (file.known) {
    layer.files.emplace_back(file.source, file.known->state);
    layer.sums.push_back(file.known->sums);
  } else {
    TRY_ASSIGN(auto content, SteadyFile::look_at(file.source));
    layer.files.push_back(std::move(content));
  }
  return member;
}

/// Where a file of a copy into `to` comes to be, since the base's links are followed; a file or link takes
/// the place of one.
Result<std::string> place_of(const ProjectFile& file, const std::string& to, const archive::RootTree& root) {
  const auto path = to.empty() ? file.path : fmt::format("{}/{}", to, file.path);
  if (file.kind == ProjectFile::Kind::folder) return archive::resolve(root, path);
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return path;
  TRY_ASSIGN(const auto folder, archive::resolve(root, path.substr(0, slash)));
  return folder.empty() ? path.substr(slash + 1) : folder + path.substr(slash);
}

}  // namespace

OwnLayer venv_layer(const specs::Interpreter& python, const std::string& interpreter) {
  const archive::RootTree nothing;
  Members members(nothing);
  for (auto& [kind, below, content] : venv_entries(python, interpreter)) {
    const auto path = fmt::format("{}/{}", below_root(kVenv), below);
    switch (kind) {
      case VenvEntry::Kind::folder:
        members.add_new_folders(path, {});
        break;
      case VenvEntry::Kind::link:
        members.add(link(path, content));
        break;
      case VenvEntry::Kind::file:
        members.add(text(path, content));
        break;
    }
  }
  return {members.finish()};
}

Result<OwnLayer> project_layer(const std::vector<ProjectCopy>& copies, const archive::RootTree& root) {
  OwnLayer layer;
  Members members(root);
  for (const auto& copy : copies) {
    TRY_ASSIGN(const auto to, archive::resolve(root, copy.to));
    const auto owner = owner_ids(root, copy.owner);
    if (copy.is_users_folder && !to.empty()) {
      members.add_owned_folder(to, owner);
    } else {
      members.add_new_folders(to, owner);
    }
    for (const auto& file : copy.files) {
      TRY_ASSIGN(auto member, project_member(file, layer));
      TRY_ASSIGN(member.member.path, place_of(file, to, root));
      members.add(owned(std::move(member), owner));
    }
  }
  for (const auto name : {archive::kNoPrefetch, archive::kTocName}) members.add(whiteout(name));
  layer.members = members.finish();
  if (layer.sums.size() != layer.files.size()) layer.sums.clear();
  return layer;
}

}  // namespace launch::image
