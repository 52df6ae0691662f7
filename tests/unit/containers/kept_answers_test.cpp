#include "containers/kept_answers.hpp"

#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "containers/engine.hpp"
#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::containers {
namespace {

constexpr auto* kName = "localhost/launch/demo";
constexpr auto* kAsked = "podman image inspect localhost/launch/demo";

std::string id(char digit) {
  return std::string(64, digit);
}

/// An engine whose storage lists its images in a file, as podman's does.
class KeptAnswersTest : public testing::Test {
 protected:
  void SetUp() override {
    list({'a'});
    podman_has('a');
  }
  void list(const std::vector<char>& images) {
    std::string text;
    for (const auto image : images) {
      text += fmt::format(R"({}{{"id":"{}","names":["localhost/launch/demo:latest"]}})",
                          text.empty() ? "" : ",", id(image));
    }
    ASSERT_TRUE(write_file(list_, "[" + text + "]"));
  }
  /// From now on; a fake gives its answers one after another.
  void podman_says(const fakes::FakeRunner::Answer& answer) {
    runner_ = std::make_unique<fakes::FakeRunner>();
    runner_->before = [this](const ProcessSpec&) { ++calls_; };
    runner_->on(kAsked, answer);
  }
  void podman_has(char image) {
    podman_says(
        {0, fmt::format(R"([{{"Id": "{}", "Config": {{"Labels": {{"l": "{}"}}}}}}])", id(image), image)});
  }
  KeptAnswers answers() { return {list_, scratch_ / "cache/podman-images.json", work_.disk}; }
  Image find() {
    Engine engine(*engine_named("podman"), *runner_, {}, work_);
    engine.keep_answers(answers());
    return engine.find_image(kName).value().value();
  }
  test::Scratch scratch_;
  std::filesystem::path list_ = scratch_ / "images.json";
  std::unique_ptr<fakes::FakeRunner> runner_;
  fakes::FakeWork work_;
  std::size_t calls_ = 0;
};

TEST_F(KeptAnswersTest, AnImageIsAskedForOnce) {
  const auto asked = find();
  const auto kept = find();
  EXPECT_EQ(calls_, 1U);
  EXPECT_EQ(kept.image_id, asked.image_id);
  EXPECT_EQ(kept.labels, (std::map<std::string, std::string>{{"l", "a"}}));
}

TEST_F(KeptAnswersTest, AnImageIsAskedForAgainWhenTheListWasReplaced) {
  find();
  list({'b'});
  podman_has('b');
  EXPECT_EQ(find().image_id.hex(), id('b'));
  EXPECT_EQ(find().image_id.hex(), id('b'));
  EXPECT_EQ(calls_, 2U);
}

TEST_F(KeptAnswersTest, AListOfTheSameSizeAndTimeIsAnother) {
  find();
  const auto time = std::filesystem::last_write_time(list_);
  list({'b'});
  std::filesystem::last_write_time(list_, time);
  podman_has('b');
  EXPECT_EQ(find().image_id.hex(), id('b'));
}

TEST_F(KeptAnswersTest, AnImageOfAnotherListIsAskedForEachTime) {
  podman_has('c');
  EXPECT_EQ(find().image_id.hex(), id('c'));
  EXPECT_EQ(find().image_id.hex(), id('c'));
  EXPECT_EQ(calls_, 2U);
}

TEST_F(KeptAnswersTest, AnImageWithoutTheNameInTheListIsAskedForEachTime) {
  ASSERT_TRUE(write_file(
      list_, fmt::format(R"([{{"id":"{}","names":["localhost/launch/other:latest"]}}])", id('a'))));
  find();
  find();
  EXPECT_EQ(calls_, 2U);
}

TEST_F(KeptAnswersTest, AfterAContainerThatDidNotStartTheImageIsAskedForAgain) {
  find();
  Engine engine(*engine_named("podman"), *runner_, {}, work_);
  engine.keep_answers(answers());
  RunSpec spec;
  spec.image = "i";
  runner_->on(shell_line(engine.command(run_arguments(engine.info(), spec))),
              {125, "", "Error: layer not known\n"});
  ASSERT_FALSE(engine.run(spec, {}));
  const auto before = calls_;
  find();
  EXPECT_EQ(calls_, before + 1);
}

TEST_F(KeptAnswersTest, AnImageThatIsNotThereIsAskedForEachTime) {
  podman_says({125, "[]", "Error: inspecting object: localhost/launch/demo: image not known\n"});
  Engine engine(*engine_named("podman"), *runner_, {}, work_);
  engine.keep_answers(answers());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(engine.find_image(kName).value(), std::nullopt);
  podman_has('a');
  EXPECT_EQ(find().image_id.hex(), id('a'));
}

TEST_F(KeptAnswersTest, WhatWasAskedBeforeAChangeIsNotKept) {
  const auto kept = answers();
  const auto before = kept.state();
  list({'b', 'a'});
  kept.keep(before, kName, *Digest::of_hex(id('a')), "[]");
  EXPECT_EQ(kept.find(before, kName), std::nullopt);
  EXPECT_EQ(kept.find(kept.state(), kName), std::nullopt);
}

TEST_F(KeptAnswersTest, WithoutAListNothingIsKept) {
  std::filesystem::remove(list_);
  const auto kept = answers();
  EXPECT_EQ(kept.state(), "");
  find();
  find();
  EXPECT_EQ(calls_, 2U);
}

TEST_F(KeptAnswersTest, ADamagedFileIsAsNone) {
  find();
  const auto state = answers().state();
  const std::string answers_of_state = fmt::format(R"({{"state": "{}", "answers": )", state);
  std::size_t asked = 1;
  for (const auto& text : {std::string("{"), std::string("[]"), std::string("{}"), answers_of_state + "[]}",
                           answers_of_state + R"({"localhost/launch/demo": 1}})",
                           answers_of_state + R"({"localhost/launch/demo": "[]"}})"}) {
    ASSERT_TRUE(write_file(scratch_ / "cache/podman-images.json", text));
    EXPECT_EQ(find().image_id.hex(), id('a')) << text;
    EXPECT_EQ(calls_, ++asked) << text;
  }
}

}  // namespace
}  // namespace launch::containers
