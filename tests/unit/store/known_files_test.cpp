#include "store/known_files.hpp"

#include <cerrno>
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "store/checked_text.hpp"
#include "store/layout.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class KnownFilesTest : public testing::Test {
 protected:
  KnownFiles open(const std::string& recipe = "demo", const std::string& project = "/p") {
    return {Store::open(root_, work_).value(), project, recipe, work_};
  }
  /// A file that was last changed so long ago.
  KnownFile file(nanoseconds ago = hours(1), const std::string& content = "x") const {
    const auto then = duration_cast<nanoseconds>(work_.clock.now().time_since_epoch()) - ago;
    return {{1, 2, 3, then.count(), then.count()}, {Digest::of(content), 4'000'000'000}, false};
  }
  void keep(const std::string& path, const KnownFile& file) {
    auto known = open();
    known.add(path, file);
    known.keep();
  }
  bool knows(const std::string& path, const KnownFile& file) {
    auto known = open();
    const auto* found = known.find(path, file.state);
    return found != nullptr && found->sums.sha256 == file.sums.sha256 &&
           found->sums.crc32 == file.sums.crc32 && found->looks_secret == file.looks_secret;
  }
  /// Where they are kept.
  fs::path place() const {
    std::vector<fs::path> all;
    for (const auto& each : fs::directory_iterator(known_files_folder(root_))) all.push_back(each.path());
    EXPECT_EQ(all.size(), 1U);
    return all.at(0);
  }

  launch::test::Scratch scratch_;
  fs::path root_ = scratch_ / "store";
  fakes::FakeWork work_;
};

TEST_F(KnownFilesTest, AreThoseOfTheSameState) {
  auto secret = file(hours(2), "y");
  secret.looks_secret = true;
  auto known = open();
  known.add("a", file());
  known.add("b c/\xC3\xA4 .txt", secret);
  known.keep();
  EXPECT_TRUE(knows("a", file()));
  EXPECT_TRUE(knows("b c/\xC3\xA4 .txt", secret));
  EXPECT_FALSE(knows("b", secret));
  const auto same = file().state;
  for (const auto member : {&FileState::device, &FileState::inode, &FileState::size}) {
    auto other = same;
    ++(other.*member);
    EXPECT_EQ(open().find("a", other), nullptr);
  }
  for (const auto member : {&FileState::written, &FileState::changed}) {
    auto other = same;
    --(other.*member);
    EXPECT_EQ(open().find("a", other), nullptr);
  }
  EXPECT_EQ(open("other").find("a", same), nullptr);
  EXPECT_EQ(open("demo", "/q").find("a", same), nullptr);
}

TEST_F(KnownFilesTest, ThatMayChangeWithinTheirTimesAreNotKept) {
  for (const auto ago : {milliseconds(-5000), milliseconds(0), milliseconds(1999)}) {
    auto written = file();
    written.state.written = file(ago).state.written;
    auto changed = file();
    changed.state.changed = file(ago).state.changed;
    keep("a", written);
    EXPECT_FALSE(knows("a", written)) << ago.count();
    keep("a", changed);
    EXPECT_FALSE(knows("a", changed)) << ago.count();
  }
  keep("a", file(milliseconds(2001)));
  EXPECT_TRUE(knows("a", file(milliseconds(2001))));

  auto known = open();
  const auto later = file(milliseconds(-1000));  // written while the others are looked at
  known.add("b", later);
  work_.clock.advance(hours(1));
  known.keep();
  EXPECT_EQ(open().find("b", later.state), nullptr);
}

TEST_F(KnownFilesTest, AreNoneIfTheyAreDamaged) {
  keep("a", file());
  const auto whole = read_file(place()).value();
  for (const auto& damaged : {std::string(), whole.substr(0, whole.size() - 1), whole + whole, "x" + whole}) {
    ASSERT_TRUE(write_file(place(), damaged));
    EXPECT_FALSE(knows("a", file())) << damaged;
  }
  const auto line = whole.substr(whole.find('\n') + 1);
  for (const auto& foreign :
       {"x" + line, line.substr(line.find(' ') + 1), std::string("files of another program\n")}) {
    keep_text(work_.disk, place(), foreign);
    EXPECT_FALSE(knows("a", file())) << foreign;
  }
}

TEST_F(KnownFilesTest, AreThoseThatTheLastUseHad) {
  keep("a", file());
  auto known = open();
  known.add("b", file());
  known.keep();
  EXPECT_FALSE(knows("a", file())) << "nobody asked for it";
  known = open();
  EXPECT_NE(known.find("b", file().state), nullptr);
  known.add("c", file());
  known.add("with\nline", file());
  known.keep();
  EXPECT_TRUE(knows("b", file()));
  EXPECT_TRUE(knows("c", file()));
  EXPECT_FALSE(knows("with\nline", file()));
}

TEST_F(KnownFilesTest, AreWrittenOnlyIfSomethingIsNew) {
  keep("a", file());
  work_.disk.set({"open_new", "files/", ENOSPC});
  auto known = open();
  EXPECT_NE(known.find("a", file().state), nullptr);
  known.keep();
  EXPECT_FALSE(work_.disk.struck());
  KnownFiles none;
  EXPECT_EQ(none.add("a", file()).sums.crc32, 4'000'000'000U);
  EXPECT_NE(none.find("a", file().state), nullptr);
  none.keep();
}

TEST_F(KnownFilesTest, AreOnlyMissingWithoutAPlaceToKeepThem) {
  for (const auto* call : {"make_folders", "open_new", "write", "rename"}) {
    work_.disk.set({call, "files", ENOSPC});
    keep("a", file());
    EXPECT_TRUE(work_.disk.struck()) << call;
    EXPECT_FALSE(knows("a", file())) << call;
  }
}

TEST_F(KnownFilesTest, AreCollectedIfNobodyUsesThem) {
  keep("a", file());
  const auto kept = place();
  const auto size = fs::file_size(kept);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto collect = [&](bool dry_run) {
    const CollectRequest request{.unused_since = now - std::chrono::days(30), .dry_run = dry_run};
    return Store::open_alone(root_, work_).value().collect(request, work_).value().freed;
  };
  EXPECT_EQ(collect(false), 0U);
  const auto old = (now - std::chrono::days(31)).time_since_epoch().count();
  ASSERT_EQ(work_.disk.set_time(kept, old), 0);
  open();
  EXPECT_EQ(collect(false), 0U) << "it was used";
  ASSERT_EQ(work_.disk.set_time(kept, old), 0);
  EXPECT_EQ(collect(true), size);
  EXPECT_TRUE(fs::exists(kept));
  EXPECT_EQ(collect(false), size);
  EXPECT_FALSE(fs::exists(kept));
}

}  // namespace
}  // namespace launch::store
