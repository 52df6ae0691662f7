#include "store/trees.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.hpp"
#include "store/layout.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using Kind = TreeEntry::Kind;

/// Writes the list beside a tree. It is not flushed, as little as the tree: what a power failure cuts off is
/// not as the list says, or the list is not whole.
Result<void> write_list(const fs::path& folder, const std::vector<TreeEntry>& entries, Disk& disk) {
  return write_file(disk, folder / kListName, tree_text(entries), 0644, Flush::no);
}

/// Fills in the digests of files, and gives them their time.
Result<void> finish_files(const KeepTree& tree, std::vector<TreeEntry>& entries, const Work& work) {
  std::map<std::string_view, const Digest*> known;
  for (const auto& file : tree.files) known.emplace(file.path, &file.digest);
  return try_side_by_side(entries.size(), [&](std::size_t at) -> Result<void> {
    auto& entry = entries[at];
    if (entry.kind != Kind::file) return {};
    if (work.stop.stop_requested()) return fail(environment_error("stopped while unpacking"));
    const auto path = tree.made / entry.path;
    const auto found = known.find(entry.path);
    if (found == known.end()) {
      TRY_ASSIGN(const auto digest, sha256_file(path));
      entry.content = digest.hex();
    } else {
      entry.content = found->second->hex();
    }
    if (!tree.keeps_times) entry.time = archive::kFileTime;
    if (const int error = work.disk.set_time(path, entry.time)) return fail(io_error("write", path, error));
    return {};
  });
}

/// Puts a tree and its list into a new folder beside it, which can be renamed to its place.
Result<void> pack(const fs::path& made, const fs::path& beside, const std::vector<TreeEntry>& entries,
                  Disk& disk) {
  TRY(make_folder(disk, beside));
  if (const int error = disk.rename(made, beside / kTreeName))
    return fail(io_error("write", beside / kTreeName, error));
  return write_list(beside, entries, disk);
}

Error changed_in_use(const fs::path& folder, const std::string& change) {
  return environment_error(
             fmt::format("the environment {} has changed since it was made, and a run is using it: {}",
                         folder.string(), change))
      .hint("wait for that run to end; `launch runs` lists it");
}

}  // namespace

std::optional<Tree> find_tree(const Store& store, const Digest& from, const std::string& name,
                              const Work& work) {
  const auto folder = trees_folder(store.root(), from) / name;
  std::error_code code;
  if (!fs::exists(folder, code)) return std::nullopt;
  auto entries = tree_list(folder);
  const auto change =
      entries ? tree_change(*entries, folder / kTreeName) : std::optional("its list is damaged");
  if (!change) {
    work.disk.touch(folder);
    work.disk.touch(digest_folder(store.root(), from));
    return Tree{folder / kTreeName, *std::move(entries)};
  }
  work.reporter.warn(fmt::format("{} has changed since it was unpacked, so it is unpacked again: {}",
                                 folder.string(), *change));
  if (const int error = work.disk.remove_all(folder); error != 0)
    work.reporter.warn(io_error("remove", folder, error).message());
  return std::nullopt;
}

std::optional<Tree> unchanged_tree(const Store& store, const Digest& from, const std::string& name) {
  const auto folder = trees_folder(store.root(), from) / name;
  auto entries = tree_list(folder);
  if (!entries || tree_change(*entries, folder / kTreeName)) return std::nullopt;
  return Tree{folder / kTreeName, *std::move(entries)};
}

Result<Tree> keep_tree(const Store& store, const KeepTree& tree, const Work& work) {
  TRY_ASSIGN(auto entries, read_tree(tree.made));
  TRY(finish_files(tree, entries, work));
  const auto beside = tree.made.parent_path() / (tree.made.filename().string() + ".kept");
  TRY(pack(tree.made, beside, entries, work.disk));
  const auto trees = trees_folder(store.root(), tree.from);
  TRY(make_folder(work.disk, trees));
  const auto place = trees / tree.name;
  if (const int error = work.disk.rename(beside, place)) return fail(io_error("write", place, error));
  return Tree{place / kTreeName, std::move(entries)};
}

fs::path environment_folder(const Store& store, const Digest& key) {
  return environments_folder(store.root()) / key.hex() / kTreeName;
}

namespace {

/// Held briefly while an environment is compared with its list; exclusively to remove one. Whoever else holds
/// the lock of an environment mounts it.
Result<FileLock> checking(const Store& store, LockMode mode, const Work& work) {
  return FileLock::wait(work, lock_of(environments_folder(store.root())), mode, "",
                        "stopped while waiting for an environment");
}

/// An environment, or how it differs from its list.
struct Checked {
  std::optional<Environment> environment;
  std::string change;
};
Result<Checked> check_environment(const fs::path& folder, const Work& work) {
  TRY_ASSIGN(auto in_use, FileLock::wait(work, lock_of(folder), LockMode::shared, "",
                                         "stopped while waiting for an environment"));
  const auto entries = tree_list(folder);
  auto change = entries ? tree_change(*entries, folder / kTreeName) : std::optional("its list is damaged");
  if (change) return Checked{std::nullopt, *std::move(change)};
  work.disk.touch(folder);
  return Checked{Environment{folder / kTreeName, std::move(in_use)}, {}};
}

}  // namespace

Result<std::optional<Environment>> find_environment(const Store& store, const Digest& key, const Work& work) {
  const auto folder = environments_folder(store.root()) / key.hex();
  for (const auto mode : {LockMode::shared, LockMode::exclusive}) {
    std::error_code code;
    if (!fs::exists(folder, code)) return std::nullopt;
    TRY_ASSIGN(const auto among_others, checking(store, mode, work));
    if (!fs::exists(folder, code)) return std::nullopt;  // another process has removed it
    TRY_ASSIGN(auto checked, check_environment(folder, work));
    if (checked.environment) return std::move(checked.environment);
    if (mode == LockMode::shared) continue;
    TRY_ASSIGN(const auto alone, FileLock::try_acquire(work.disk, lock_of(folder)));
    if (!alone) return fail(changed_in_use(folder, checked.change));
    work.reporter.warn(fmt::format("{} has changed since it was made, so it is made again: {}",
                                   folder.string(), checked.change));
    if (const int error = work.disk.remove_all(folder)) return fail(io_error("remove", folder, error));
  }
  return std::nullopt;
}

Result<TreeMaker> TreeMaker::wait(const Store& store, const Work& work) {
  TRY_ASSIGN(auto lock, FileLock::wait(work, lock_of(scratch_folder(store.root())), LockMode::exclusive,
                                       "waiting for another launch that is unpacking wheels",
                                       "stopped while waiting for another launch that is unpacking wheels"));
  auto scratch = scratch_folder(store.root());
  if (const int error = work.disk.remove_all(scratch)) return fail(io_error("remove", scratch, error));
  TRY(make_folder(work.disk, scratch));
  return TreeMaker(store, work, std::move(lock), std::move(scratch));
}

TreeMaker::~TreeMaker() {
  if (!scratch_.empty()) work_.disk.remove_all(scratch_);
}

Result<Environment> TreeMaker::keep(const fs::path& made, const Digest& key) const {
  auto& disk = work_.disk;
  TRY_ASSIGN(const auto entries, read_tree(made));
  const auto beside = scratch_ / (key.hex() + ".kept");
  TRY(pack(made, beside, entries, disk));
  const auto folder = environments_folder(store_->root()) / key.hex();
  TRY(make_folder(disk, folder.parent_path()));
  TRY_ASSIGN(auto lock, FileLock::wait(work_, lock_of(folder), LockMode::shared, "",
                                       "stopped while waiting for an environment"));
  if (const int error = disk.rename(beside, folder)) return fail(io_error("write", folder, error));
  return Environment{folder / kTreeName, std::move(lock)};
}

}  // namespace launch::store
