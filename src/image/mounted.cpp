#include "image/mounted.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/layer_names.hpp"
#include "archive/tar_header.hpp"
#include "base/file.hpp"
#include "base/folder.hpp"
#include "base/text.hpp"
#include "image/base_tree.hpp"
#include "image/bytecode.hpp"
#include "image/dockerfile.hpp"
#include "image/project_tree.hpp"
#include "image/settings.hpp"
#include "image/user.hpp"
#include "image/venv.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;

/// Incremented when the same inputs give another environment.
constexpr int kVersion = 1;

/// The digest of everything that determines an environment.
Digest key_of(const project::Locked& locked, const Compiler& compiler, const specs::Platform& platform,
              const GroupedWheels& grouped) {
  const auto& provenance = locked.lock.lock.provenance;
  const auto& python = provenance.interpreter->archives.at(platform).sha256;
  auto text = fmt::format("launch environment {}\n{}\n{}\n{}\n{}\n", kVersion, archive::kLayerVersion,
                          python.hex(), bytecode_key(compiler), kVenvPython);
  for (const auto& [kind, path, content] : venv_entries(locked.recipe.python, image_interpreter(provenance)))
    text += fmt::format("{} {} {}\n", static_cast<int>(kind), path, content);
  for (const auto& wheel : grouped.in_order()) text += wheel.digest.hex() + '\n';
  return Digest::of(text);
}

/// Adds members to a layer, where a later one takes the place of an earlier one.
void merge(OwnLayer& into, OwnLayer more) {
  std::map<std::string, archive::LayerMember> members;
  const auto before = into.files.size();
  for (auto& member : more.members) {
    if (member.source) *member.source += before;
  }
  for (auto* each : {&into.members, &more.members}) {
    for (auto& member : *each) {
      const auto name = fs::path(member.member.path).filename().string();
      if (archive::is_whiteout(name)) continue;  // there is no layer below whose files they could hide
      auto path = member.member.path;
      members.insert_or_assign(std::move(path), std::move(member));
    }
  }
  into.members.clear();
  for (auto& [path, member] : members) into.members.push_back(std::move(member));
  std::move(more.files.begin(), more.files.end(), std::back_inserter(into.files));
  into.sums.clear();  // nothing needs them
}

bool has_own_files(const PlanRequest& request) {
  return request.locked.recipe.image.user || !request.copies.empty();
}

/// Leaves out what mounts hide. docker would write it into the folders that are mounted.
void leave_out_hidden(OwnLayer& files, const std::vector<project::MountEntry>& mounts) {
  std::erase_if(files.members, [&](const archive::LayerMember& member) {
    const auto path = std::filesystem::path("/") / member.member.path;
    return std::any_of(mounts.begin(), mounts.end(),
                       [&](const auto& mount) { return is_below(path, mount.to); });
  });
}

/// Those of an image that its base does not have.
std::map<std::string, std::string> new_variables(const archive::RunConfig& base,
                                                 const archive::RunConfig& image) {
  std::map<std::string, std::string> variables;
  for (const auto& line : image.environment) {
    if (std::find(base.environment.begin(), base.environment.end(), line) != base.environment.end()) continue;
    const auto equals = line.find('=');
    variables[line.substr(0, equals)] = equals == std::string::npos ? "" : line.substr(equals + 1);
  }
  return variables;
}

}  // namespace

Result<std::shared_ptr<const OwnLayer>> own_files(const PlanRequest& request, const store::PulledImage& base,
                                                  const store::Store& store, const Work& work) {
  if (!has_own_files(request)) return nullptr;
  const auto& user = request.locked.recipe.image.user;
  TRY_ASSIGN(const auto root, base_tree(base, "", store, work));
  auto files = std::make_shared<OwnLayer>();
  if (user) {
    TRY_ASSIGN(files->members,
               during(user_files(root, *user), fmt::format("adding the user {}", in_quotes(*user))));
  }
  TRY_ASSIGN(auto project, project_layer(request.copies, root));
  merge(*files, std::move(project));
  leave_out_hidden(*files, request.locked.recipe.train.mounts);
  if (files->members.empty()) return nullptr;
  return files;
}

std::string why_not_mounted(const project::Locked& locked) {
  const auto& recipe = locked.recipe;
  if (!can_be_planned(locked)) {
    return fmt::format("the Python of the recipe {} is that of the base image or its distribution",
                       recipe.name);
  }
  if (!recipe.image.apt.empty())
    return fmt::format("the recipe {} installs packages with apt under [image]", recipe.name);
  const auto own = specs::Platform::of_this_machine();
  if (!own || std::find(recipe.platforms.begin(), recipe.platforms.end(), *own) == recipe.platforms.end())
    return fmt::format("the recipe {} is not for this machine's platform", recipe.name);
  for (const auto& mount : recipe.train.mounts) {
    for (const auto folder : {kPythonHome, kVenv}) {
      if (is_below(mount.to, folder) || is_below(folder, mount.to))
        return fmt::format("the recipe {} mounts a folder at {} under [train]", recipe.name, mount.to);
    }
  }
  return {};
}

Result<MountedPlan> plan_mounted(const PlanRequest& request, const store::Store& store) {
  const auto& locked = request.locked;
  TRY_ASSIGN(auto base, request.fetch_base(request.platform));
  const auto& about = *locked.lock.lock.provenance.base;
  TRY_ASSIGN(const auto image, during(archive::parse_image(base.manifest, base.config),
                                      fmt::format("reading the base image {}:{}", about.name, about.tag)));
  TRY_ASSIGN(auto grouped, group_wheels(locked, request.platform, store));
  TRY_ASSIGN(const auto compiler, compiler_of(locked, request.fetch_interpreter));
  auto key = key_of(locked, compiler, request.platform, grouped);
  const auto& copies = request.copies;
  const auto work_folder = copies.empty() ? std::string() : copies.front().to;
  const auto settings = run_config(image.run, locked, work_folder);
  auto folder = store::environment_folder(store, key);
  return MountedPlan{std::move(base),
                     std::move(key),
                     std::move(folder),
                     new_variables(image.run, settings),
                     locked.recipe.image.user.value_or(""),
                     work_folder,
                     has_own_files(request),
                     std::move(grouped)};
}

Result<void> write_files(const OwnLayer& files, const fs::path& tar, Disk& disk) {
  TRY_ASSIGN(const Fd out, create_file(disk, tar, O_WRONLY, 0600));
  const auto write = [&](std::string_view bytes) -> Result<void> {
    if (const int error = disk.write(out, bytes)) return fail(io_error("write", tar, error));
    return {};
  };
  for (const auto& each : files.members) {
    auto member = each.member;
    member.size = each.source ? files.files[*each.source].size() : each.content.size();
    TRY(write(archive::tar_header(member)));
    if (each.source) {
      TRY(files.files[*each.source].read_all(write));
    } else {
      TRY(write(each.content));
    }
    TRY(write(archive::tar_padding(member.size)));
  }
  return write(archive::tar_end());
}

}  // namespace launch::image
