#include "store/pushed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PushedTest, TheLastThreeRepositoriesOfABlobAreRemembered) {
  const test::Scratch scratch;
  fakes::FakeWork fake;
  RealDisk disk;
  const auto store = Store::open(scratch / "store", fake).value();
  const auto blob = Digest::of("a layer");
  const auto known = [&] { return repositories_with(store, blob, "registry.example"); };
  const auto note = [&](const char* repository) {
    note_repository(store, blob, "registry.example", repository, disk);
  };
  EXPECT_THAT(known(), IsEmpty());
  for (const auto* repository : {"a", "team/b", "team/b", "c"}) note(repository);
  EXPECT_THAT(known(), ElementsAre("c", "team/b", "a"));
  note("a");
  EXPECT_THAT(known(), ElementsAre("a", "c", "team/b"));
  note("d");
  EXPECT_THAT(known(), ElementsAre("d", "a", "c"));
  EXPECT_THAT(repositories_with(store, blob, "other.example"), IsEmpty());
  EXPECT_THAT(repositories_with(store, Digest::of("another"), "registry.example"), IsEmpty());
}

TEST(PushedTest, IsCollectedWithWhatIsUnused) {
  const test::Scratch scratch;
  fakes::FakeWork fake;
  RealDisk disk;
  const auto blob = Digest::of("a layer");
  {
    const auto store = Store::open(scratch / "store", fake).value();
    note_repository(store, blob, "registry.example", "a", disk);
  }
  const auto store = Store::open_alone(scratch / "store", fake).value();
  const auto later =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::hours(1);
  EXPECT_TRUE(store.collect({.unused_since = later}, fake));
  EXPECT_THAT(repositories_with(store, blob, "registry.example"), IsEmpty());
}

}  // namespace
}  // namespace launch::store
