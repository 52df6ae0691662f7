#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/train/rank_script_fixture.hpp"

namespace launch::train {
namespace {

using testing::ElementsAre;

TEST_F(RankScript, LinesArgumentsAndEnd) {
  const auto outcome =
      run("import sys\nprint('hi', sys.argv[1])\nprint('oops', file=sys.stderr)\nprint('no end', end='')\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(shown_,
              testing::UnorderedElementsAre("out [0.5] hi an arg", "err [0.5] oops", "out [0.5] no end"));
  EXPECT_EQ(event().code, 0);
  EXPECT_FALSE(event().asked_to_end);
}

TEST_F(RankScript, ManyLinesAtOnceAndLongOnesAmongThem) {
  run("import sys\n"
      "lines = ['x' * (i % 97) for i in range(3000)] + ['y' * 10000] + ['z'] * 3000 + ['']\n"
      "sys.stdout.write('\\n'.join(lines) + '\\n')\n");
  ASSERT_EQ(shown_.size(), 6002U);
  for (std::size_t i = 0; i < 3000; ++i) ASSERT_EQ(shown_[i], "out [0.5] " + std::string(i % 97, 'x')) << i;
  EXPECT_EQ(shown_[3000], "out [0.5] " + std::string(10000, 'y'));
  for (std::size_t i = 3001; i < 6001; ++i) ASSERT_EQ(shown_[i], "out [0.5] z") << i;
  EXPECT_EQ(shown_[6001], "out [0.5] ");
}

TEST_F(RankScript, CodeAndExceptionWithItsTime) {
  const auto outcome = run("raise ValueError('no')\n");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(cause_of(ended_.at(0)).sentence(), "rank 5 on node 0 raised ValueError: no");
  ASSERT_EQ(failed_.size(), 1U);
  EXPECT_LE(failed_[0].event.time, event().time);
  EXPECT_EQ(event().exception->lines.back(), "ValueError: no");
}

TEST_F(RankScript, ExitsAsTheRankDid) {
  EXPECT_EQ(run("import sys; sys.exit(7)\n").exit_code, 7);
  EXPECT_EQ(event().code, 7);
}

TEST_F(RankScript, DiesAsTheRankDid) {
  const auto outcome = run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n");
  EXPECT_EQ(outcome.signal, 11);
  EXPECT_EQ(event().signal, 11);
  EXPECT_FALSE(event().asked_to_end);
}

TEST_F(RankScript, SignalsReachTheRankOnce) {
  const auto outcome =
      run("import os, signal, sys, time\n"
          "got = []\n"
          "signal.signal(signal.SIGTERM, lambda *_: got.append(1))\n"
          "os.kill(os.getppid(), signal.SIGTERM)\n"
          "time.sleep(0.2)\n"
          "print('got', len(got))\n"
          "sys.exit(3)\n");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(shown_, ElementsAre("out [0.5] got 1"));
  EXPECT_TRUE(event().asked_to_end);
}

TEST_F(RankScript, LongLinesAndProgressBars) {
  run("import sys\nprint('x' * 10000)\nsys.stdout.write('10%\\r20%\\r\\nend\\r\\n')\n");
  ASSERT_EQ(shown_.size(), 4U);
  EXPECT_EQ(shown_[0], "out [0.5] " + std::string(10000, 'x'));
  EXPECT_EQ(shown_[1], "bar of out [0.5] 10%");
  EXPECT_EQ(shown_[2], "out [0.5] 20%");
  EXPECT_EQ(shown_[3], "out [0.5] end");
}

/// As tqdm does, which begins with a carriage return, and rewrites its last state before the newline.
TEST_F(RankScript, AStateOfABarIsShownBeforeTheNextOne) {
  // Each is written when the one before was shown: else this would not end.
  on_shown_ = [this, last = std::string()](std::string_view text) mutable {
    if (text == last) return;
    last = text;
    EXPECT_TRUE(write_file(scratch_.path() / std::string(trim(text)), ""));
  };
  run("import os, sys, time\n"
      "for i in range(3):\n"
      "    sys.stderr.write(f'\\r {i}%')\n"
      "    while not os.path.exists(f'" +
      scratch_.path().string() +
      "/{i}%'): time.sleep(0.001)\n"
      "sys.stderr.write('\\r 3%\\n')\n");
  std::vector<std::string> different;
  for (const auto& shown : shown_) {
    if (different.empty() || different.back() != shown) different.push_back(shown);
  }
  EXPECT_THAT(different, ElementsAre("bar of err [0.5]  0%", "bar of err [0.5]  1%", "bar of err [0.5]  2%",
                                     "err [0.5]  3%"));
  mux_.flush();
  EXPECT_EQ(read_file(scratch_.path() / log_name(0, 5)).value_or(""), " 0%\n 1%\n 2%\n 3%\n");
}

TEST_F(RankScript, CarriageReturnsWhereverReadsCutThem) {
  run("import sys\n"
      "for part in ('a\\r', '\\n', 'b', '\\r', 'c\\r\\r\\n', '\\r\\rd\\r', 'e' * 5000 + '\\r', 'f', '\\n', "
      "'no end\\r'):\n"
      "    sys.stdout.write(part)\n");
  mux_.flush();
  EXPECT_EQ(read_file(scratch_.path() / log_name(0, 5)).value_or(""),
            "a\nb\nc\nd\n" + std::string(5000, 'e') + "\nf\nno end\n");
  std::erase_if(shown_, [](const auto& shown) { return shown.starts_with("bar"); });
  EXPECT_THAT(shown_, ElementsAre("out [0.5] a", "out [0.5] c", "out [0.5] f", "out [0.5] no end"));
}

TEST_F(RankScript, AProcessLeftBehindIsNotWaitedFor) {
  const auto outcome = run("import subprocess; subprocess.Popen(['sleep', '50'])\nprint('done')\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(RankScript, SecretsAreVariablesOfTheRank) {
  ASSERT_TRUE(make_folder(scratch_.path() / "secrets"));
  ASSERT_TRUE(write_file(scratch_.path() / "secrets/A", "two\nlines\n"));
  ASSERT_TRUE(write_file(scratch_.path() / "secrets/B", "no end"));
  environment_["LAUNCH_SECRETS"] = "A B";
  run("import os\nprint(repr(os.environ['A']), repr(os.environ['B']))\n");
  EXPECT_THAT(shown_, ElementsAre("out [0.5] 'two\\nlines' 'no end'"));
}

TEST_F(RankScript, ATimeoutOfNcclIsReportedWhenItIsSaid) {
  const std::string code =
      "import sys\n"
      "for number in 6, 7:\n"
      "    print('[rank5]:[E1126 23:46:53] [PG ID 0 Rank 5] Watchdog caught collective operation timeout: '\n"
      "          f'WorkNCCL(SeqNum={number})', file=sys.stderr)\n";
  run(code);
  ASSERT_EQ(failed_.size(), 1U) << "its process may take a minute to end";
  const auto cause = cause_of(failed_[0]);
  EXPECT_EQ(cause.kind, CauseKind::timeout);
  EXPECT_EQ(cause.message,
            "torch.distributed.DistBackendError: Watchdog caught collective operation timeout: "
            "WorkNCCL(SeqNum=6)");
  failed_.clear();
  environment_["TORCH_NCCL_ASYNC_ERROR_HANDLING"] = "0";
  run(code);
  EXPECT_TRUE(failed_.empty()) << "then the rank goes on";
}

TEST_F(RankScript, ASecretThatCannotBeReadIsNamed) {
  environment_["LAUNCH_SECRETS"] = "HF_TOKEN";
  EXPECT_EQ(run("print('trained')\n").exit_code, 2);
  const auto why = "cannot read the secret " + (scratch_.path() / "secrets/HF_TOKEN").string() +
                   ": No such file or directory";
  const auto cause = cause_of(ended_.at(0));
  EXPECT_THAT(cause.sentence(), testing::StartsWith("rank 5 on node 0 exited with code 2: " + why));
  EXPECT_TRUE(cause.repeats) << "another attempt could not read it either";
  EXPECT_THAT(shown_, ElementsAre(testing::StartsWith("err [0.5] " + why)));
}

TEST_F(RankScript, ErrorFileOfTorchelastic) {
  run("import json, os, sys\n"
      "json.dump({'message': {'message': 'ValueError: kept'}}, open(os.environ['TORCHELASTIC_ERROR_FILE'], "
      "'w'))\n"
      "sys.exit(1)\n");
  EXPECT_EQ(event().message, "ValueError: kept");
}

}  // namespace
}  // namespace launch::train
