// Looking after a store: what is damaged, and what nothing uses.
#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/once_each.hpp"
#include "base/parallel.hpp"
#include "store/layout.hpp"
#include "store/store.hpp"
#include "store/tree_list.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;

Error stopped() {
  return environment_error("stopped before the whole store was read");
}

/// How many links a file has in some folders, by the file's number.
using Links = std::map<ino_t, nlink_t>;

template <class Visit>
void for_each_file(const fs::path& folder, const Visit& visit) {
  std::error_code code;
  for (fs::recursive_directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode)) visit(status);
  }
}

nlink_t count_in(const Links& links, ino_t file) {
  const auto found = links.find(file);
  return found == links.end() ? 0 : found->second;
}

/// What the files of a tree free, and whether it is part of an environment that stays: one has a file that is
/// in no other tree. Trees of one package share files: a shared file does not say which tree is used.
struct TreeUse {
  std::uint64_t freed = 0;
  bool linked = false;
};
TreeUse use_of(const fs::path& tree, const Links& going, const Links& staying) {
  TreeUse use;
  for_each_file(tree / kTreeName, [&](const struct stat& status) {
    const auto links = status.st_nlink - count_in(going, status.st_ino);
    const auto mounted = count_in(staying, status.st_ino);
    if (links == 1) use.freed += static_cast<std::uint64_t>(status.st_size);
    use.linked = use.linked || (mounted > 0 && links == mounted + 1);
  });
  return use;
}

/// Collects what was made of files.
class TreeCollector {
 public:
  TreeCollector(const fs::path& root, const CollectRequest& request, const Work& work, Collected& collected)
      : root_(root), request_(request), work_(work), collected_(collected) {}

  Result<void> environments() {
    TRY_ASSIGN(const auto folders, subfolders(environments_folder(root_)));
    for (const auto& folder : folders) {
      const auto count = [&](Links& links) {
        for_each_file(folder / kTreeName, [&](const struct stat& status) { ++links[status.st_ino]; });
      };
      if (is_used(folder)) {
        count(staying_);
        continue;
      }
      TRY_ASSIGN(const auto alone, FileLock::try_acquire(work_.disk, lock_of(folder)));
      if (!alone) {  // a run mounts it
        count(staying_);
        continue;
      }
      if (request_.dry_run) count(going_);
      ++collected_.trees;
      TRY(remove(folder));
      if (!request_.dry_run) work_.disk.remove(lock_of(folder));
    }
    return {};
  }

  /// Those of a file that stays, or goes with all that was made of it.
  Result<void> trees(const Digest& from, bool goes) {
    TRY_ASSIGN(const auto folders, subfolders(trees_folder(root_, from)));
    for (const auto& folder : folders) {
      if (!goes && is_used(folder)) continue;
      const auto use = use_of(folder, going_, staying_);
      if (!goes && use.linked) continue;
      if (request_.dry_run)
        for_each_file(folder / kTreeName, [&](const struct stat& status) { ++going_[status.st_ino]; });
      ++collected_.trees;
      collected_.freed += use.freed;
      TRY(remove(folder));
    }
    return {};
  }

 private:
  bool is_used(const fs::path& folder) const {
    const auto last = last_use(folder);
    return last && *last >= request_.unused_since;
  }
  Result<void> remove(const fs::path& folder) const {
    if (request_.dry_run) return {};
    if (const int error = work_.disk.remove_all(folder)) return fail(io_error("remove", folder, error));
    return {};
  }

  const fs::path& root_;
  const CollectRequest& request_;
  const Work& work_;
  Collected& collected_;
  Links going_;  ///< links that a dry run would have removed
  Links staying_;
};

/// A tree, as far as it is to be verified.
struct KnownTree {
  Digest from;
  fs::path folder;
};

Result<std::vector<KnownTree>> all_trees(const fs::path& root) {
  TRY_ASSIGN(const auto folders, read_folders(root));
  std::vector<KnownTree> trees;
  for (const auto& folder : folders) {
    if (!folder.digest) continue;
    TRY_ASSIGN(const auto own, subfolders(trees_folder(root, *folder.digest)));
    for (const auto& path : own) trees.push_back({*folder.digest, path});
  }
  return trees;
}

/// The digests of files, by their numbers: trees share files, and each is read once.
using Hashes = OnceEach<ino_t, Result<Digest>>;

/// What is wrong with a tree, and with its files.
struct TreeState {
  std::optional<std::string> damage;
  std::vector<ino_t> good;    ///< they have their content
  std::vector<ino_t> bad;     ///< they have another
  std::vector<ino_t> unsure;  ///< no list says what they should have
};
TreeState state_of(const fs::path& folder, Hashes& hashes, const Work& work) {
  TreeState state;
  const auto entries = tree_list(folder);
  if (!entries) {
    state.damage = "its list is damaged";
    for_each_file(folder / kTreeName,
                  [&](const struct stat& status) { state.unsure.push_back(status.st_ino); });
    return state;
  }
  state.damage = tree_change(*entries, folder / kTreeName);
  for (const auto& entry : *entries) {
    if (work.stop.stop_requested()) break;
    const auto path = folder / kTreeName / entry.path;
    struct stat status {};
    if (entry.kind != TreeEntry::Kind::file || ::lstat(path.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode))
      continue;
    const auto& digest = hashes.of(status.st_ino, [&] { return sha256_file(path); });
    const bool good = digest && digest->hex() == entry.content;
    (good ? state.good : state.bad).push_back(status.st_ino);
    if (good || state.damage) continue;
    state.damage =
        digest ? fmt::format("{} has the sha256 {}", entry.path, digest->hex()) : digest.error().message();
  }
  return state;
}

/// The files that trees should not have, each with its tree.
std::map<ino_t, std::string> bad_files(const std::vector<KnownTree>& trees,
                                       const std::vector<TreeState>& states) {
  std::set<ino_t> good;
  for (const auto& state : states) good.insert(state.good.begin(), state.good.end());
  std::map<ino_t, std::string> bad;
  for (std::size_t at = 0; at < trees.size(); ++at) {
    for (const auto file : states[at].bad) bad.emplace(file, trees[at].folder.string());
    for (const auto file : states[at].unsure) {
      if (!good.contains(file)) bad.emplace(file, trees[at].folder.string());
    }
  }
  return bad;
}

Damage damage_below(const fs::path& folder, const Digest& digest, std::string name, std::string found) {
  const auto last = last_use(folder).value_or(std::chrono::sys_seconds());
  return {{digest, std::move(name), 0, last, folder}, std::move(found), true};
}

/// What is wrong with environments. They list no digests: their files are those of trees.
Result<std::vector<Damage>> damaged_environments(const fs::path& root,
                                                 const std::map<ino_t, std::string>& bad, const Work& work) {
  TRY_ASSIGN(const auto folders, subfolders(environments_folder(root)));
  std::vector<Damage> found;
  for (const auto& folder : folders) {
    const auto key = Digest::of_hex(folder.filename().string());
    if (!key || work.stop.stop_requested()) continue;
    const auto entries = tree_list(folder);
    auto change = entries ? tree_change(*entries, folder / kTreeName) : std::optional("its list is damaged");
    for_each_file(folder / kTreeName, [&](const struct stat& status) {
      if (change || status.st_nlink == 1) return;
      const auto at = bad.find(status.st_ino);
      if (at != bad.end()) change = "it has files of " + at->second;
    });
    if (change) found.push_back(damage_below(folder, *key, "environment", *std::move(change)));
  }
  return found;
}

}  // namespace

Result<std::vector<Damage>> Store::verify(const std::vector<Entry>& files, const Work& work) const {
  TRY_ASSIGN(const auto trees, all_trees(root_));
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.size;
  std::vector<std::optional<Damage>> found(files.size());
  std::atomic<std::uint64_t> done = 0;
  side_by_side(files.size(), [&](std::size_t i) {
    if (work.stop.stop_requested()) return;
    const auto& file = files[i];
    const auto digest = sha256_file(file.path);
    if (!digest) found[i] = Damage{file, digest.error().message()};
    if (digest && *digest != file.digest) found[i] = Damage{file, "sha256 " + digest->hex()};
    work.reporter.progress("hashing", done += file.size, total);
  });
  Hashes hashes;
  std::vector<TreeState> states(trees.size());
  side_by_side(trees.size(), [&](std::size_t i) {
    if (!work.stop.stop_requested()) states[i] = state_of(trees[i].folder, hashes, work);
  });
  std::vector<Damage> damages;
  for (auto& damage : found) {
    if (damage) damages.push_back(*std::move(damage));
  }
  for (std::size_t i = 0; i < trees.size(); ++i) {
    const auto& [from, folder] = trees[i];
    auto name = fmt::format("{}/{}", kTreeName, folder.filename().string());
    if (states[i].damage)
      damages.push_back(damage_below(folder, from, std::move(name), *std::move(states[i].damage)));
  }
  TRY_ASSIGN(const auto environments, damaged_environments(root_, bad_files(trees, states), work));
  if (work.stop.stop_requested()) return fail(stopped());
  damages.insert(damages.end(), environments.begin(), environments.end());
  return damages;
}

Result<Collected> Store::collect(const CollectRequest& request, const Work& work) const {
  TRY_ASSIGN(const auto folders, read_folders(root_));
  Collected collected;
  TreeCollector trees(root_, request, work, collected);
  TRY(trees.environments());
  if (!request.dry_run) work.disk.remove_all(scratch_folder(root_));
  for (const auto& folder : folders) {
    if (work.stop.stop_requested()) return fail(stopped());
    if (!request.dry_run) TRY(remove_scratch(work.disk, folder));
    const bool unused = folder.last_used < request.unused_since;
    const bool kept = folder.digest && request.keep.contains(*folder.digest);
    if (folder.digest) TRY(trees.trees(*folder.digest, unused && !kept));
    if (!unused) continue;
    if (kept) {
      collected.kept += folder.files.size();
      continue;
    }
    collected.freed += folder.freed();
    collected.unfinished += folder.unfinished;
    collected.removed.insert(collected.removed.end(), folder.files.begin(), folder.files.end());
    if (request.dry_run) continue;
    if (const int error = work.disk.remove_all(folder.path))
      return fail(io_error("remove", folder.path, error));
  }
  TRY_ASSIGN(const auto freed, remove_known_files(work.disk, root_, request));
  collected.freed += freed;
  std::sort(collected.removed.begin(), collected.removed.end(), comes_first);
  if (!request.dry_run) TRY(remove_lost_roots(work.disk, root_));
  return collected;
}

}  // namespace launch::store
