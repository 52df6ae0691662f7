// Caches: the work goes on without them, and no half of one is left.

#include <cerrno>

#include "containers/engine.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/urls.hpp"
#include "index/index_client.hpp"
#include "store/fetch.hpp"
#include "store/store.hpp"
#include "unit/writers/writing.hpp"

namespace launch::writing {
namespace {

Result<void> ask(Bench& bench) {
  const auto http = bench.client({.cache = bench.root() / "cache"});
  TRY_ASSIGN(const auto response,
             http->fetch({.url = fakes::url(bench.index().url() + "/app/"), .cache = true}));
  if (response.status != 200) return fail(environment_error("no page"));
  return {};
}
Result<void> read_metadata(Bench& bench) {
  const auto http = bench.client();
  index::IndexClient client(*http, {.url = fakes::url(bench.index().url()),
                                    .metadata_cache = {bench.root() / "metadata", &bench.work.disk}});
  TRY_ASSIGN(const auto page, client.page("app"));
  TRY(client.metadata(page->files.front()));
  return {};
}
Result<void> have_leaf(Bench& bench) {
  TRY(lock(bench));
  return fetch(bench);
}
Result<void> hash_leaf(Bench& bench) {
  const auto http = bench.client();
  TRY_ASSIGN(const auto store, store::Store::open(bench.root() / "store", bench.work));
  const std::vector<store::Unhashed> wanted = {
      {.name = bench.leaf(), .url = fakes::url(bench.index().file_url(bench.leaf()))}};
  TRY(store::fetch_unhashed(store, wanted, *http, bench.work));
  return {};
}
Result<void> probe_podman(Bench& bench) {
  return probe(bench, {});
}
Result<void> list_image(Bench& bench) {
  bench.put("images.json", R"([{"id":")" + std::string(64, 'a') + R"(","names":["demo"]}])");
  return {};
}
Result<void> find_image(Bench& bench) {
  fakes::FakeRunner runner;
  runner.on("podman image inspect demo", {0, R"([{"Id": ")" + std::string(64, 'a') + R"("}])"});
  containers::Engine engine(*containers::engine_named("podman"), runner, {}, bench.work);
  engine.keep_answers({bench.root() / "images.json", bench.root() / "podman-images.json", bench.work.disk});
  TRY(engine.find_image("demo"));
  return {};
}

class Cache : public Writer {};

TEST_P(Cache, IsDoneWithoutAndHasNoHalfOfAnything) {
  Bench bench;
  ASSERT_TRUE(GetParam().prepare(bench));
  const auto before = bench.files();
  bench.work.disk.set(GetParam().fault);
  const auto done = GetParam().write(bench);
  EXPECT_TRUE(bench.work.disk.struck());
  EXPECT_TRUE(done) << done.error().text();
  EXPECT_EQ(bench.files(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Caches, Cache,
    testing::Values(
        Fault{"HttpNoSpace", nothing, ask, Call{"write", "cache", ENOSPC}, ""},
        Fault{"HttpNotRenamed", nothing, ask, Call{"rename", "cache", EIO}, ""},
        Fault{"HttpNoFolder", nothing, ask, Call{"make_folders", "cache", ENOSPC}, ""},
        Fault{"MetadataNoSpace", nothing, read_metadata, Call{"write", "metadata", ENOSPC}, ""},
        Fault{"MetadataNotRenamed", nothing, read_metadata, Call{"rename", "metadata", EIO}, ""},
        Fault{"HashedNoSpace", have_leaf, hash_leaf, Call{"write", ".hashed", ENOSPC}, ""},
        Fault{"ProbeNoSpace", make_podman, probe_podman, Call{"write", "podman.json", ENOSPC}, ""},
        Fault{"ProbeNotRenamed", make_podman, probe_podman, Call{"rename", "podman.json", EIO}, ""},
        Fault{"AnswersNoSpace", list_image, find_image, Call{"write", "podman-images.json", ENOSPC}, ""},
        Fault{"AnswersNotRenamed", list_image, find_image, Call{"rename", "podman-images.json", EIO}, ""}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace launch::writing
