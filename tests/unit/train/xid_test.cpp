#include "train/xid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

constexpr const char* kLog =
    "[  966.503025] NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the "
    "bus.\n"
    "[  966.503026] nvidia-nvlink: something else\n"
    "[  966.503027] NVRM: Xid (0000:5e:00): 31, Ch 0000000b, engmask 00000120, intr 10000000\n"
    "[  966.503028] NVRM: Xid (PCI:0000:5e:00): x\n"
    "[  966.503029] NVRM: Xid (\n"
    "[  966.503030] NVRM: Xid (PCI:0000:5e:00): 998\n";

TEST(Xids, AreReadFromTheKernelsLog) {
  EXPECT_THAT(read_xids(kLog),
              ElementsAre(Xid{"0000:3b:00", 79}, Xid{"0000:5e:00", 31}, Xid{"0000:5e:00", 998}));
  EXPECT_TRUE(read_xids("").empty());
}

Cause cause(const char* message) {
  Cause cause;
  cause.rank = 3;
  cause.node = 1;
  cause.kind = CauseKind::signal;
  cause.message = message;
  return cause;
}

TEST(Xids, ArePartOfTheCause) {
  auto told = cause("SIGABRT");
  add_xids(told, {{"0000:3b:00", 79}, {"0000:3b:00", 79}, {"0000:5e:00", 998}});
  EXPECT_EQ(told.sentence(),
            "rank 3 on node 1 was killed by SIGABRT; GPU 0000:3b:00 reported Xid 79 (the GPU has fallen off "
            "the bus) "
            "and GPU 0000:5e:00 reported Xid 998");
  EXPECT_EQ(
      told.hint,
      "run `nvidia-smi -q` for the GPU's state: the error is in the GPU, a link or the driver, not in the "
      "script");
}

TEST(Xids, OfAProgramsMistakesSayNothingOfTheHardware) {
  auto told = cause("SIGABRT");
  told.hint = "a hint";
  add_xids(told, {{"0", 31}, {"1", 31}, {"2", 31}, {"3", 31}, {"4", 31}});
  EXPECT_EQ(
      told.message,
      "SIGABRT; GPU 0 reported Xid 31 (a page fault in the GPU's memory), GPU 1 reported Xid 31 (a page "
      "fault in "
      "the GPU's memory), GPU 2 reported Xid 31 (a page fault in the GPU's memory) and 2 more");
  EXPECT_EQ(told.hint, "a hint");
  auto none = cause("SIGABRT");
  add_xids(none, {});
  EXPECT_EQ(none.message, "SIGABRT");
}

TEST(Xids, OfOtherGpusAreNotTheRuns) {
  const std::vector<Xid> all{{"0000:3b:00", 31}, {"0000:5e:00", 79}};
  EXPECT_EQ(xids_of(all, {"0000:3b:00", "0000:86:00"}), (std::vector<Xid>{{"0000:3b:00", 31}}));
  EXPECT_EQ(xids_of(all, {}), all) << "it is not known which are the run's";
}

TEST(Xids, ComeFromTheJournalOrFromDmesg) {
  const std::chrono::system_clock::time_point when{std::chrono::seconds(1795497129)};
  const std::string journal = "journalctl --dmesg --no-pager --quiet --output cat --since @1795497129";
  fakes::FakeRunner with_journal;
  with_journal.on(journal, {0, kLog});
  EXPECT_EQ(xids_since(when, with_journal).size(), 3U);
  fakes::FakeRunner with_dmesg;
  with_dmesg.on(journal, {1, "", "No journal files were found.\n"});
  with_dmesg.on("dmesg --since @1795497129", {0, kLog});
  EXPECT_EQ(xids_since(when, with_dmesg).size(), 3U);
  fakes::FakeRunner forbidden;
  forbidden.on(journal, {0, ""});
  forbidden.on("dmesg --since @1795497129",
               {1, "", "dmesg: read kernel buffer failed: Operation not permitted\n"});
  EXPECT_TRUE(xids_since(when, forbidden).empty());
}

}  // namespace
}  // namespace launch::train
