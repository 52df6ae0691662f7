#include "image/hand_over.hpp"

#include <thread>

#include <gmock/gmock.h>

#include "base/text.hpp"
#include "image/turn.hpp"
#include "net/http.hpp"
#include "unit/image/plan_bench.hpp"

namespace launch::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kReference = "localhost/launch/demo:latest";

/// A podman that pulls from the address that it is given, and checks each digest as the real one does.
class PullingEngine final : public ProcessRunner {
 public:
  std::map<std::string, Digest> names;  ///< of its images
  std::map<Digest, std::string> blobs;  ///< what it has pulled
  std::vector<std::string> done;        ///< "pull", "tag", …
  std::string other_id;                 ///< what inspect says instead, if not empty

  void name(const std::string& reference, const Digest& id) {
    const std::lock_guard guard(mutex_);
    names.insert_or_assign(reference, id);
  }
  Result<ProcessOutcome> run(const ProcessSpec& spec, std::stop_token) override {
    const std::lock_guard guard(mutex_);
    const auto& argv = spec.argv;
    ProcessOutcome outcome;
    done.push_back(argv[1]);
    if (argv[1] == "image") {
      const auto found = names.find(argv.back());
      if (found == names.end()) return failed("Error: " + argv.back() + ": image not known\n");
      std::vector<std::string> references;
      for (const auto& [name, id] : names) {
        if (id == found->second && name.find('@') != name.npos)
          references.push_back(fmt::format("\"{}\"", name));
      }
      outcome.out = fmt::format(R"([{{"Id": "{}", "RepoDigests": [{}]}}])",
                                other_id.empty() ? found->second.hex() : other_id, join(references, ", "));
    } else if (argv[1] == "pull") {
      if (auto pulled = pull(argv.back()); !pulled) return failed("Error: " + pulled.error().message());
    } else if (argv[1] == "tag") {
      names.insert_or_assign(argv[3], Digest::parse(argv[2]).value());
    } else if (argv[1] == "images") {
      for (const auto& [name, id] : names) outcome.out += name + "\n";
    } else if (argv[1] == "rmi") {
      names.erase(argv.back());
    }
    return outcome;
  }
  Result<std::unique_ptr<Guard>> guard(const std::vector<std::string>&) override {
    return fail(environment_error("no guards here"));
  }

 private:
  static ProcessOutcome failed(std::string err) {
    ProcessOutcome outcome;
    outcome.exit_code = 125;
    outcome.err = std::move(err);
    return outcome;
  }
  Result<std::string> get(const std::string& url) {
    TRY_ASSIGN(auto response, http_->fetch({.url = fakes::url(url)}));
    if (response.status != 200) return fail(environment_error(fmt::format("{}: {}", url, response.status)));
    return std::move(response.body);
  }
  /// "127.0.0.1:1/launch/demo@sha256:…"
  Result<void> pull(const std::string& reference) {
    const auto slash = reference.find('/');
    const auto at = reference.find('@');
    const auto base = fmt::format("http://{}/v2/{}", reference.substr(0, slash),
                                  reference.substr(slash + 1, at - slash - 1));
    const auto digest = Digest::parse(reference.substr(at + 1)).value();
    TRY_ASSIGN(const auto manifest, get(fmt::format("{}/manifests/{}", base, digest.text())));
    EXPECT_EQ(Digest::of(manifest), digest);
    const auto json = nlohmann::json::parse(manifest);
    auto wanted = std::vector{json["config"]};
    wanted.insert(wanted.end(), json["layers"].begin(), json["layers"].end());
    for (const auto& each : wanted) {
      const auto blob = Digest::parse(each["digest"].get<std::string>()).value();
      if (blobs.contains(blob)) continue;
      TRY_ASSIGN(auto bytes, get(fmt::format("{}/blobs/{}", base, blob.text())));
      EXPECT_EQ(Digest::of(bytes), blob);
      blobs.insert({blob, std::move(bytes)});
    }
    names.insert_or_assign(reference, Digest::parse(json["config"]["digest"].get<std::string>()).value());
    return {};
  }

  std::mutex mutex_;
  fakes::FakeWork world_;
  std::unique_ptr<net::HttpClient> http_ =
      net::make_http_client({.retries = 0}, Environment{}, world_.clock, world_.disk);
};

class HandOver : public testing::Test {
 protected:
  HandOver() { EXPECT_TRUE(plan_) << plan_.error().text(); }
  Result<BuildOutcome> run(bool again = false,
                           const std::function<Result<void>(const Digest&)>& try_it = {}) {
    engine_.done.clear();
    const containers::Engine engine(*containers::engine_named("podman"), engine_, {}, bench_.work);
    return hand_over(*plan_, "demo", bench_.scratch.path(), again, try_it, engine, bench_.work);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, id] : engine_.names) out.push_back(name);
    return out;
  }

  test::PlanBench bench_;
  Result<ImagePlan> plan_ = bench_.plan();
  PullingEngine engine_;
};

TEST_F(HandOver, GivesTheEngineAllOfTheImageUnderItsName) {
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->image.image_id, plan_->image_id());
  EXPECT_EQ(outcome->name, "localhost/launch/demo");
  EXPECT_FALSE(outcome->up_to_date);
  EXPECT_GT(outcome->unpacked.bytes, 70'000U);
  EXPECT_EQ(engine_.blobs.size(), plan_->blobs.size());
  EXPECT_THAT(names(), ElementsAre(kReference)) << "the name of the pull is gone";
  const auto& steps = bench_.fake.reporter.steps;
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().what, "handing the image to podman");
  for (const auto& step : steps) EXPECT_LE(step.done, step.total);
}

TEST_F(HandOver, OnlyFindsWhatIsThere) {
  ASSERT_TRUE(run());
  const auto found = run();
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_TRUE(found->up_to_date);
  EXPECT_THAT(engine_.done, ElementsAre("image"));
  const auto again = run(true);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_FALSE(again->up_to_date);
  EXPECT_EQ(std::count(engine_.done.begin(), engine_.done.end(), "pull"), 1);
  engine_.names.at(kReference) = fakes::digest('1');
  EXPECT_FALSE(run()->up_to_date) << "another image has the name";
}

TEST_F(HandOver, RemovesTheNameThatAKilledBuildLeft) {
  ASSERT_TRUE(run());
  const auto left = fmt::format("127.0.0.1:1/launch/demo/hand-over@{}", plan_->digest().text());
  engine_.name(left, plan_->image_id());
  {
    const auto turn = BuildTurn::try_take(bench_.work.disk, bench_.scratch / "builds", "demo").value();
    ASSERT_TRUE(turn);
    EXPECT_TRUE(run()->up_to_date);
    EXPECT_THAT(names(), ElementsAre(left, kReference)) << "it may be of the build that is running";
  }
  EXPECT_TRUE(run()->up_to_date);
  EXPECT_THAT(names(), ElementsAre(kReference));
}

TEST_F(HandOver, NamesAnImageOnlyIfItWorks) {
  std::vector<Digest> tried;
  const auto outcome = run(false, [&](const Digest& id) -> Result<void> {
    EXPECT_FALSE(engine_.names.contains(kReference));
    tried.push_back(id);
    return fail(Error(ErrorKind::no, "it does not work"));
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().text(), "error: it does not work\n");
  EXPECT_THAT(tried, ElementsAre(plan_->image_id()));
  EXPECT_FALSE(engine_.names.contains(kReference));
  EXPECT_THAT(engine_.done, testing::Not(testing::Contains("tag")));
}

TEST_F(HandOver, SaysThatTheEngineCannotPull) {
  auto& first = plan_->blobs.front();
  first.open = []() -> Result<net::Body> { return fail(environment_error("the layer is gone")); };
  EXPECT_EQ(run().error().text(), "error: the layer is gone\n");
  plan_->blobs.erase(plan_->blobs.begin());
  EXPECT_THAT(run().error().text(),
              testing::MatchesRegex(
                  "error: podman could not pull the image launch/demo/hand-over: "
                  "http://127.0.0.1:[0-9]*/v2/launch/demo/hand-over/blobs/sha256:[0-9a-f]*: 404\n"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(HandOver, NoticesThatAnotherImageGotTheName) {
  engine_.other_id = std::string(64, '7');
  EXPECT_EQ(run().error().text(),
            "error: podman tagged the image localhost/launch/demo:latest, but that name now refers to "
            "another image\n");
}

TEST_F(HandOver, WaitsForAnotherOfTheSameImage) {
  auto turn = BuildTurn::try_take(bench_.work.disk, bench_.scratch / "builds", "demo").value();
  ASSERT_TRUE(turn);
  std::jthread other([&] {
    while (bench_.fake.reporter.count_of_notes() == 0) std::this_thread::yield();
    engine_.name(kReference, plan_->image_id());
    turn.reset();
  });
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->up_to_date) << "the other one made it";
  EXPECT_THAT(engine_.blobs, IsEmpty());
  EXPECT_THAT(bench_.fake.reporter.notes, ElementsAre("another build of demo is running; waiting for it"));
}

TEST(ServedRepository, OpensALayerWhenItIsRead) {
  test::PlanBench bench;
  const auto plan = bench.plan().value();
  auto untouched = plan;
  for (auto& each : untouched.blobs) {
    each.open = []() -> Result<net::Body> { return fail(environment_error("opened")); };
  }
  const auto repository = served_repository(untouched);
  std::array<char, 8> bytes{};
  EXPECT_EQ(repository.blobs.begin()->second.content->read(0, bytes).error().message(), "opened");
  EXPECT_EQ(repository.manifests.at(plan.digest()).text, plan.manifest);
  EXPECT_EQ(repository.blobs.size(), plan.blobs.size());
}

}  // namespace
}  // namespace launch::image
