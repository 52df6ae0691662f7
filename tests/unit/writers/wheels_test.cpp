#include <cerrno>
#include <regex>

#include "base/text.hpp"
#include "commands/fetch.hpp"
#include "fakes/urls.hpp"
#include "locking/locate.hpp"
#include "store/store.hpp"
#include "unit/writers/writing.hpp"

namespace launch::writing {
namespace {

/// The lock's wheels belong next to it, but only the store has them.
Result<void> no_folder_beside_lock(Bench& bench) {
  bench.recipe("\"leaf\"", "[lock]\nwheels = \"path\"\n");
  TRY(lock(bench));
  TRY(fetch(bench));
  fs::remove_all(bench.root() / "lockfiles/wheels");
  return {};
}
Result<void> fetch_to(Bench& bench) {
  TRY(commands::fetch({.lock = "demo", .to = "house"}, bench.context()));
  return {};
}
Result<void> fetch_first(Bench& bench) {
  TRY(lock(bench));
  TRY(fetch(bench));
  bench.put("house/leaf-1.0-py3-none-any.whl", "old");
  return {};
}
/// A wheel will do for the archive of a Python.
Result<void> fetch_python(Bench& bench) {
  const auto http = bench.client();
  TRY_ASSIGN(const auto store, store::Store::open(bench.root() / "store", bench.work));
  project::LockedFile archive;
  archive.file_name = bench.leaf();
  archive.url = fakes::url(bench.index().file_url(bench.leaf()));
  archive.sha256 = Digest::of_hex(bench.index().sha256(bench.leaf()));
  TRY(locking::fetch_interpreters({archive}, store, *http, bench.work));
  return {};
}

const std::string kStored = "store/[DIGEST]/leaf-1.0-py3-none-any.whl";
const std::string kFetching = "fetching leaf-1.0-py3-none-any.whl";

INSTANTIATE_TEST_SUITE_P(
    Wheels, Writer,
    testing::Values(Fault{"StoreNoRoom", lock, fetch, Call{"reserve", "leaf", ENOSPC},
                          full("write", kStored + ".part", kFetching)},
                    Fault{"StoreNoSpace", lock, fetch, Call{"write_at", "leaf", ENOSPC},
                          full("write", kStored + ".part", kFetching)},
                    Fault{"PythonNoSpace", lock, fetch_python, Call{"write_at", "leaf", ENOSPC},
                          full("write", kStored + ".part", kFetching)},
                    Fault{"StoreNotFlushed", lock, fetch, Call{"flush", "leaf", EIO},
                          broken("write", kStored + ".part", kFetching)},
                    Fault{"StoreNotRenamed", lock, fetch, Call{"rename", "leaf", EIO},
                          broken("write", kStored, kFetching)},
                    Fault{"StoreNoFolder", nothing, lock, Call{"make_folders", "store", EIO},
                          broken("create the folder", "store")},
                    Fault{"StoreNoLock", nothing, lock, Call{"open", "store/.lock", ENOSPC},
                          full("lock", "store/.lock")},
                    Fault{"StoreNoFolderOfAFile", lock, fetch, Call{"make_folders", "sha256", EIO},
                          broken("create the folder", "store/[DIGEST]")},
                    Fault{"GitignoreNoSpace", no_folder_beside_lock, fetch,
                          Call{"write", "gitignore", ENOSPC}, full("write", "lockfiles/wheels/.gitignore")},
                    Fault{"GitignoreNotRenamed", no_folder_beside_lock, fetch,
                          Call{"rename", "gitignore", EIO}, broken("write", "lockfiles/wheels/.gitignore")},
                    Fault{"HouseNoFolder", fetch_first, fetch_to, Call{"make_folders", "house", ENOSPC},
                          full("create the folder", "house")},
                    Fault{"HouseNotRenamed", fetch_first, fetch_to, Call{"rename", "house", EIO},
                          broken("write", "house/leaf-1.0-py3-none-any.whl")}),
    testing::PrintToStringParamName());

/// Locking succeeds even if the store cannot record the lock.
TEST(StoreRoots, ThatCannotBeWrittenAreAWarning) {
  Bench bench;
  bench.work.disk.set({.call = "write", .path = "roots", .error = ENOSPC});
  ASSERT_TRUE(lock(bench));
  ASSERT_EQ(bench.work.reporter.warnings.size(), 1U);
  const auto warning =
      std::regex_replace(replace_all(bench.work.reporter.warnings[0], bench.root().string(), "[ROOT]"),
                         std::regex("[0-9a-f]{64}"), "[KEY]");
  EXPECT_EQ(warning,
            "cannot write [ROOT]/store/roots/[KEY]: No space left on device; `launch store gc` may remove "
            "wheels that "
            "[ROOT]/lockfiles/pylock.demo.toml needs");
}

/// Where links are refused, as between file systems, the wheel is copied.
TEST(WheelHouse, ThatCannotBeLinkedIsCopiedWhole) {
  for (const auto& [call, error] : std::map<std::string, int>{{"copy", ENOSPC}, {"flush", EIO}}) {
    Bench bench;
    class NoLinks final : public RealDisk {
     public:
      NoLinks(std::string call, int error) : call_(std::move(call)), error_(error) {}
      int link(const Path& /*from*/, const Path& /*to*/) override { return EXDEV; }
      int copy(const Path& from, const Path& to) override {
        const int done = RealDisk::copy(from, to);
        return call_ == "copy" ? error_ : done;
      }
      int flush(const Fd& file) override { return call_ == "flush" ? error_ : RealDisk::flush(file); }

     private:
      std::string call_;
      int error_;
    } disk(call, error);
    bench.put("from/a.whl", "new");
    bench.put("to/a.whl", "old");
    const auto before = bench.files();
    const auto placed = store::place_file(disk, bench.root() / "from/a.whl", bench.root() / "to/a.whl");
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().kind(), ErrorKind::environment);
    EXPECT_EQ(bench.files(), before);
  }
}

}  // namespace
}  // namespace launch::writing
