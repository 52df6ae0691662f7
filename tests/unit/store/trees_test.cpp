#include "store/trees.hpp"

#include <cerrno>
#include <fstream>
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "store/layout.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class Trees : public testing::Test {
 protected:
  Store store() { return Store::open(root_, work_).value(); }
  /// A folder with a script, a text and a link.
  fs::path make(const std::string& name, const std::string& text = "text") {
    const auto folder = root_ / "made" / name;
    EXPECT_TRUE(write_file(folder / "bin/run", "#!/bin/sh\n", 0755));
    EXPECT_TRUE(write_file(folder / "lib/a.txt", text));
    fs::create_symlink("a.txt", folder / "lib/link");
    fs::permissions(folder / "lib", fs::perms(0755));
    fs::permissions(folder / "bin", fs::perms(0755));
    return folder;
  }
  Tree keep(const std::string& text = "text") {
    return keep_tree(store(), {make("t", text), from_, "tree-1"}, work_).value();
  }
  std::optional<Tree> find() { return find_tree(store(), from_, "tree-1", work_); }
  Environment keep_environment() {
    const auto kept = store();
    const auto maker = TreeMaker::wait(kept, work_).value();
    const auto made = maker.scratch() / "e";
    fs::create_directories(made / "venv");
    fs::create_hard_link(find()->folder / "lib/a.txt", made / "venv/a.txt");
    return maker.keep(made, key_).value();
  }
  Result<std::optional<Environment>> find_kept() {
    const auto kept = store();
    return find_environment(kept, key_, work_);
  }
  Collected collect(bool dry_run = false) {
    const auto later =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()) + days(1);
    return Store::open_alone(root_, work_)
        ->collect({.keep = {from_, Digest::of("another wheel")}, .unused_since = later, .dry_run = dry_run},
                  work_)
        .value();
  }

  /// The tree of another wheel, which has bin/run of the first.
  Tree keep_second(const Tree& first) {
    const auto made = make("second");
    fs::remove(made / "bin/run");
    fs::create_hard_link(first.folder / "bin/run", made / "bin/run");
    return keep_tree(store(), {made, Digest::of("another wheel"), "tree-1"}, work_).value();
  }

  /// An environment with the files of a tree, in use.
  Environment link(const Tree& tree, const Digest& key) {
    const auto kept = store();
    const auto maker = TreeMaker::wait(kept, work_).value();
    const auto folder = maker.scratch() / "e";
    fs::create_directories(folder);
    fs::create_hard_link(tree.folder / "bin/run", folder / "run");
    fs::create_hard_link(tree.folder / "lib/a.txt", folder / "a.txt");
    return maker.keep(folder, key).value();
  }

  test::Scratch scratch_;
  fs::path root_ = scratch_ / "store";
  fakes::FakeWork work_;
  Digest from_ = Digest::of("a wheel");
  Digest key_ = Digest::of("an environment");
};

TEST_F(Trees, AreKeptWithDigestsModesAndOneTime) {
  const auto tree = keep();
  EXPECT_EQ(tree.folder, root_ / "sha256" / from_.hex().substr(0, 2) / from_.hex() / "trees/tree-1/tree");
  std::vector<std::string> lines;
  for (const auto& entry : tree.entries) {
    lines.push_back(fmt::format("{} {:o} {} {} {}", entry.path, entry.mode, entry.time, entry.size,
                                entry.content.size() == 64 ? "digest" : entry.content));
  }
  EXPECT_THAT(lines, ElementsAre("bin 755 0 0 ", "bin/run 755 315532800 10 digest", "lib 755 0 0 ",
                                 "lib/a.txt 644 315532800 4 digest", "lib/link 777 0 0 a.txt"));
  EXPECT_EQ(tree.entries[3].content, sha256_hex("text"));
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->entries, tree.entries);
  EXPECT_EQ(find_tree(store(), from_, "other", work_), std::nullopt);
  EXPECT_EQ(store().list()->trees, 1U);
  EXPECT_EQ(store().list()->tree_bytes, 14U);
}

TEST_F(Trees, AListReadsBackWhateverTheNames) {
  const std::vector<TreeEntry> entries = {{TreeEntry::Kind::file, "a\nb c", 0644, 315532800, 7, "digest"},
                                          {TreeEntry::Kind::folder, "d", 0755},
                                          {TreeEntry::Kind::link, "l\xff", 0777, 0, 0, "../x"}};
  const auto text = tree_text(entries);
  EXPECT_THAT(parse_tree(text), Optional(entries));
  EXPECT_THAT(parse_tree(tree_text({})), Optional(IsEmpty()));
  auto other = text;
  other[20] ^= 1;
  for (const auto& damaged : {std::string(), text.substr(1), text.substr(0, text.size() - 1), other})
    EXPECT_EQ(parse_tree(damaged), std::nullopt);
}

/// What may happen to a tree, and what is said of it.
TEST_F(Trees, AreNotUsedOnceTheyWereChanged) {
  struct Change {
    std::function<void(const fs::path& tree)> change;
    std::string said;
  };
  const auto append = [](const fs::path& tree) { std::ofstream(tree / "lib/a.txt", std::ios::app) << "x"; };
  const auto rewrite = [](const fs::path& tree) { std::ofstream(tree / "lib/a.txt") << "TEXT"; };
  const auto replace = [](const fs::path& tree) { ASSERT_TRUE(write_file(tree / "lib/a.txt", "TEXT")); };
  const auto chmod = [](const fs::path& tree) { fs::permissions(tree / "lib/a.txt", fs::perms(0755)); };
  const auto add = [](const fs::path& tree) { ASSERT_TRUE(write_file(tree / "lib/b.pth", "")); };
  const auto remove = [](const fs::path& tree) { fs::remove(tree / "bin/run"); };
  const auto relink = [](const fs::path& tree) {
    fs::remove(tree / "lib/link");
    fs::create_symlink("b.txt", tree / "lib/link");
  };
  const auto unlist = [](const fs::path& tree) { fs::resize_file(tree.parent_path() / "list", 100); };
  for (const auto& [change, said] : std::vector<Change>{{append, "lib/a.txt was changed"},
                                                        {rewrite, "lib/a.txt was changed"},
                                                        {replace, "lib/a.txt was changed"},
                                                        {chmod, "lib/a.txt was changed"},
                                                        {add, "lib/b.pth was added"},
                                                        {remove, "bin/run is missing"},
                                                        {relink, "lib/link was changed"},
                                                        {unlist, "its list is damaged"}}) {
    const auto tree = keep();
    change(tree.folder);
    work_.reporter.warnings.clear();
    EXPECT_EQ(find(), std::nullopt);
    EXPECT_THAT(work_.reporter.warnings,
                ElementsAre(tree.folder.parent_path().string() +
                            " has changed since it was unpacked, so it is unpacked again: " + said));
    EXPECT_FALSE(fs::exists(tree.folder));
  }
}

TEST_F(Trees, WhatKeepsItsTimeAndSizeIsFoundByVerify) {
  const auto tree = keep();
  { std::ofstream(tree.folder / "lib/a.txt") << "TEXT"; }
  ASSERT_EQ(work_.disk.set_time(tree.folder / "lib/a.txt", 315532800), 0);
  EXPECT_TRUE(find());
  const auto damaged = store().verify({}, work_).value();
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].file.path, tree.folder.parent_path());
  EXPECT_EQ(damaged[0].found, "lib/a.txt has the sha256 " + sha256_hex("TEXT"));
}

TEST_F(Trees, VerifyNamesEnvironmentsThatWereChanged) {
  const auto tree = keep();
  keep_environment();
  const auto folder = environment_folder(store(), key_);
  EXPECT_THAT(store().verify({}, work_).value(), IsEmpty());
  ASSERT_TRUE(write_file(folder / "venv/new.py", ""));
  auto damaged = store().verify({}, work_).value();
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].file.path, folder.parent_path());
  EXPECT_EQ(damaged[0].file.digest, key_);
  EXPECT_EQ(damaged[0].found, "venv/new.py was added");
  fs::remove(folder / "venv/new.py");
  { std::ofstream(tree.folder / "lib/a.txt") << "TEXT"; }
  ASSERT_EQ(work_.disk.set_time(tree.folder / "lib/a.txt", 315532800), 0);
  damaged = store().verify({}, work_).value();
  ASSERT_EQ(damaged.size(), 2U);
  EXPECT_EQ(damaged[1].file.path, folder.parent_path());
  EXPECT_EQ(damaged[1].found, "it has files of " + tree.folder.parent_path().string());
}

/// Trees of two nights, each with an environment. A file that only the second has is damaged.
TEST_F(Trees, VerifyNamesNoEnvironmentThatSharesOnlyGoodFilesWithADamagedTree) {
  const auto first = keep();
  const auto second = keep_second(first);
  link(first, key_);
  const auto bad = link(second, Digest::of("another environment")).folder.parent_path();
  const auto damaged = [&] {
    std::vector<std::string> found;
    const auto damages = store().verify({}, work_).value();
    for (const auto& each : damages) found.push_back(each.file.path.string() + ": " + each.found);
    return found;
  };
  EXPECT_THAT(damaged(), IsEmpty());
  const auto tree = second.folder.parent_path().string();
  const auto of_bad = bad.string() + ": it has files of " + tree;
  { std::ofstream(second.folder / "lib/a.txt") << "TEXT"; }
  ASSERT_EQ(work_.disk.set_time(second.folder / "lib/a.txt", 315532800), 0);
  EXPECT_THAT(damaged(), ElementsAre(tree + ": lib/a.txt has the sha256 " + sha256_hex("TEXT"), of_bad));
  ASSERT_TRUE(write_file(second.folder / "added", ""));
  EXPECT_THAT(damaged(), ElementsAre(tree + ": added was added", of_bad)) << "and its files are still hashed";
  fs::resize_file(second.folder.parent_path() / "list", 100);
  EXPECT_THAT(damaged(), ElementsAre(tree + ": its list is damaged", of_bad))
      << "run is known to be good, and a.txt is not";
}

TEST_F(Trees, AnEnvironmentIsFoundUntilItIsChanged) {
  keep();
  EXPECT_EQ(find_kept()->has_value(), false);
  {
    const auto environment = keep_environment();
    EXPECT_EQ(environment.folder, environment_folder(store(), key_));
  }
  ASSERT_TRUE(find_kept()->has_value());
  EXPECT_FALSE(fs::exists(root_ / "scratch"));
  const auto folder = environment_folder(store(), key_);
  ASSERT_TRUE(write_file(folder / "venv/new.py", ""));
  {
    const auto in_use =
        FileLock::try_acquire(work_.disk, lock_of(folder.parent_path()), LockMode::shared).value();
    const auto refused = find_kept();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(),
              "error: the environment " + folder.parent_path().string() +
                  " has changed since it was made, and a run is using it: venv/new.py was added\n\n"
                  "hint: wait for that run to end; `launch runs` lists it\n");
  }
  EXPECT_EQ(find_kept()->has_value(), false);
  EXPECT_THAT(work_.reporter.warnings,
              ElementsAre(folder.parent_path().string() +
                          " has changed since it was made, so it is made again: venv/new.py was added"));
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(Trees, AMakerRemovesWhatAKilledOneLeft) {
  ASSERT_TRUE(write_file(root_ / "scratch/half", "x"));
  const auto kept = store();
  {
    const auto maker = TreeMaker::wait(kept, work_).value();
    EXPECT_FALSE(fs::exists(maker.scratch() / "half"));
  }
  EXPECT_FALSE(fs::exists(root_ / "scratch"));
}

TEST_F(Trees, AreCollectedUnlessAnEnvironmentHasThem) {
  keep();
  {
    const auto in_use = keep_environment();
    EXPECT_EQ(collect(true).trees, 0U) << "a run mounts it";
    EXPECT_EQ(collect().trees, 0U);
  }
  ASSERT_TRUE(find_kept()->has_value());
  const auto told = collect(true);
  EXPECT_EQ(told.trees, 2U);
  EXPECT_EQ(told.freed, 14U);
  const auto done = collect();
  EXPECT_EQ(done.trees, 2U);
  EXPECT_EQ(done.freed, 14U);
  EXPECT_EQ(find(), std::nullopt);
  EXPECT_EQ(store().list()->environments, 0U);
}

/// Trees of two nights, of which an environment has the second.
TEST_F(Trees, AreCollectedThoughAnotherOneHasSomeOfTheirFiles) {
  const auto first = keep();
  const auto second = keep_second(first);
  {
    const auto in_use = link(second, key_);
    for (const bool dry_run : {true, false}) {
      const auto done = collect(dry_run);
      EXPECT_EQ(done.trees, 1U) << "of the first, only what the second has too is mounted";
      EXPECT_EQ(done.freed, 4U) << "its a.txt";
    }
    EXPECT_FALSE(fs::exists(first.folder));
    EXPECT_TRUE(fs::exists(second.folder));
  }
  for (const bool dry_run : {true, false}) {
    const auto done = collect(dry_run);
    EXPECT_EQ(done.trees, 2U);
    EXPECT_EQ(done.freed, 14U);
  }
}

TEST_F(Trees, AreAllCollectedWhereNoEnvironmentHasThem) {
  keep_second(keep());
  EXPECT_EQ(store().list()->tree_bytes, 18U);
  for (const bool dry_run : {true, false}) {
    const auto done = collect(dry_run);
    EXPECT_EQ(done.trees, 2U);
    EXPECT_EQ(done.freed, 18U) << "run once, and both a.txt";
  }
}

TEST_F(Trees, OnAFullDiskAreAnError) {
  for (const auto& [call, path] : std::vector<std::pair<std::string, std::string>>{
           {"set_time", "a.txt"}, {"rename", "trees/tree-1"}, {"write", "list"}}) {
    work_.disk.set({call, path, ENOSPC});
    const auto kept = keep_tree(store(), {make("t"), from_, "tree-1"}, work_);
    ASSERT_FALSE(kept) << call;
    EXPECT_THAT(kept.error().message(), testing::EndsWith("No space left on device")) << call;
    EXPECT_FALSE(fs::exists(trees_folder(root_, from_) / "tree-1"));
    work_.disk.set({});
    fs::remove_all(root_ / "made");
  }
}

}  // namespace
}  // namespace launch::store
