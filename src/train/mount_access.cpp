#include "train/mount_access.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.hpp"
#include "containers/engine_type.hpp"

namespace launch::train {
namespace {

using containers::UserIds;

enum class Access { read = 4, write = 2 };

/// Whether a user may do that with a file, by its owner and mode. nullopt stands for a user who owns nothing.
/// True if that is unknown: it has an ACL, or does not exist.
bool may(const std::string& file, const std::optional<UserIds>& who, Access access) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return true;
  if (::getxattr(file.c_str(), "system.posix_acl_access", nullptr, 0) > 0) return true;
  constexpr unsigned kOwnerBits = 6;
  constexpr unsigned kGroupBits = 3;
  unsigned shift = 0;
  if (who && who->user == status.st_uid) {
    shift = kOwnerBits;
  } else if (who && who->group == status.st_gid) {
    shift = kGroupBits;
  }
  auto needed = static_cast<unsigned>(access);
  if (access == Access::write && S_ISDIR(status.st_mode)) needed |= 1U;
  return (status.st_mode >> shift & needed) == needed;
}

struct Kept {
  std::vector<project::MountEntry> from_writing;
  std::vector<std::string> from_secrets;  ///< names
  std::size_t count() const { return from_writing.size() + from_secrets.size(); }
};

/// Whether this process may write a folder as a member of one of its further groups, which engines take from
/// containers.
bool by_another_group(const std::string& folder) {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return std::any_of(groups.begin(), groups.end(), [&](gid_t group) {
    return group != ::getegid() && may(folder, UserIds{::geteuid(), group}, Access::write);
  });
}

Kept kept(const Plan& plan, const std::optional<UserIds>& who) {
  Kept kept;
  for (const auto& mount : plan.mounts) {
    if (!mount.read_only && !may(mount.from, who, Access::write)) kept.from_writing.push_back(mount);
  }
  for (const auto& [name, file] : plan.secrets) {
    if (!may(file, who, Access::read)) kept.from_secrets.push_back(name);
  }
  return kept;
}

}  // namespace

bool depends_on_user(const Plan& plan, const containers::EngineInfo& engine) {
  if (!engine.elsewhere.empty() && !engine.rootless) return false;
  return !plan.secrets.empty() || std::any_of(plan.mounts.begin(), plan.mounts.end(),
                                              [](const auto& mount) { return !mount.read_only; });
}

Result<void> fit_user(Plan& plan, const containers::EngineInfo& engine, const std::string& user,
                      const UserIds& ids) {
  if (ids.user == 0 || !depends_on_user(plan, engine)) return {};
  const auto who = fmt::format("{} ({})", user, ids.text());
  auto found = kept(plan, engine.rootless ? std::nullopt : std::optional(ids));
  const bool maps = !engine.type->map_user(engine, ids).empty();
  auto as_caller = kept(plan, UserIds{::geteuid(), ::getegid()});
  if (maps && as_caller.count() < found.count()) {
    plan.caller = ids;
    plan.notes.push_back(fmt::format(
        "this user is mapped to {} in the containers, so that ranks can use what is mounted", who));
    found = std::move(as_caller);
  }
  for (const auto& mount : found.from_writing) {
    const auto fix = engine.rootless
                         ? fmt::format("{} {} cannot map this user to theirs", engine.name(), engine.version)
                         : fmt::format("run `sudo chown {} {}`, or mount it read-only", ids.text(),
                                       shell_quote(mount.from));
    const auto* why = by_another_group(mount.from)
                          ? "this user can through a group that containers do not have"
                          : "this user cannot either";
    plan.notes.push_back(fmt::format("ranks run as {} and cannot write {}, mounted at {}: {}", who,
                                     mount.from, mount.to, maps ? why : fix));
  }
  if (found.from_secrets.empty()) return {};
  const auto& name = found.from_secrets.front();
  return fail(
      input_error(
          fmt::format("the secret {}: ranks run as {} and cannot read {}", name, who, plan.secrets.at(name)))
          .hint(fmt::format("run `setfacl -m u:{}:r {}`", ids.user, shell_quote(plan.secrets.at(name)))));
}

void note_labels(Plan& plan, const containers::EngineInfo& engine) {
  if (!engine.selinux || plan.mounted) return;
  if (!plan.nccl_mounts.empty()) {
    std::vector<std::string> own;
    for (const auto& mount : plan.nccl_mounts) own.push_back(mount.from);
    plan.notes.push_back(fmt::format("SELinux is on, and may keep NCCL from reading {}", join_words(own)));
  }
  std::vector<std::string> files;
  for (const auto& mount : plan.mounts) {
    if (!mount.relabel) files.push_back(mount.from);
  }
  const bool mounts = !files.empty();
  for (const auto& [name, file] : plan.secrets) files.push_back(file);
  if (files.empty()) return;
  plan.notes.push_back(fmt::format(
      "SELinux is on, and {} not relabelled: ranks can use only files labelled container_file_t{}",
      files.size() == 1 ? files.front() + " is" : join_words(files) + " are",
      mounts ? "; relabel a folder permanently with relabel = true in [train] mounts, or --mount FROM:TO:z"
             : ""));
}

}  // namespace launch::train
