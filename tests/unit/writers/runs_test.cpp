#include <cerrno>

#include "train/run.hpp"
#include "unit/train/local_plan.hpp"
#include "unit/writers/writing.hpp"

namespace launch::writing {
namespace {

/// With a missing podman: the error of the run is in its record.
Result<void> run(Bench& bench) {
  fakes::FakeRunner runner;
  const train::RunFolder folder(bench.root(), "demo-1");
  TRY_ASSIGN(const auto place, train::open_place({"local", "podman", "podman"}, runner, bench.work));
  TRY(train::carry_out(train::plan_of_two_nodes(), *place, folder, {runner, bench.work, "/bin/launch", {}},
                       {}));
  return {};
}
Result<void> mark_lost(Bench& bench) {
  return train::mark_lost(train::RunFolder::at(bench.root() / "run"), bench.work);
}
Result<void> make_record(Bench& bench) {
  bench.put("run/run.json", "{\"run\": \"run\", \"end\": null}");
  return {};
}
Result<void> make_run(Bench& bench) {
  const train::RunFolder folder(bench.root(), "demo-1");
  TRY(folder.make(bench.work.disk));
  return folder.hold(bench.work.disk).map([](const FileLock&) {});
}
Result<void> stop_run(Bench& bench) {
  return train::RunFolder(bench.root(), "demo-1").request_stop(bench.work.disk);
}

INSTANTIATE_TEST_SUITE_P(
    Runs, Writer,
    testing::Values(Fault{"RankScriptNoSpace", make_run, run, Call{"write", "rank.py", ENOSPC},
                          full("write", "runs/demo-1/node/rank.py")},
                    Fault{"RankScriptNotRenamed", make_run, run, Call{"rename", "rank.py", EIO},
                          broken("write", "runs/demo-1/node/rank.py")},
                    Fault{"RankHookFolder", make_run, run, Call{"make_folder", "hook", ENOSPC},
                          full("create the folder", "runs/demo-1/node/hook")},
                    Fault{"RunFolder", nothing, make_run, Call{"make_folders", "logs", ENOSPC},
                          full("create the folder", "runs/demo-1/logs")},
                    Fault{"RunLock", nothing, make_run, Call{"open", "demo-1/lock", EIO},
                          broken("lock", "runs/demo-1/lock")},
                    Fault{"RunStop", nothing, stop_run, Call{"write", "demo-1/.stop", ENOSPC},
                          full("write", "runs/demo-1/stop")},
                    Fault{"RecordNoSpace", make_record, mark_lost, Call{"write", "run.json", ENOSPC},
                          full("write", "run/run.json")},
                    Fault{"RecordNotRenamed", make_record, mark_lost, Call{"rename", "run.json", EIO},
                          broken("write", "run/run.json")}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace launch::writing
