#include "image/built_layers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_runner.hpp"
#include "fakes/fake_work.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// An image with the base's Python, which docker built on a base of two layers; each layer is the digest of
/// its number.
class BuiltLayersTest : public testing::Test {
 protected:
  /// docker's history, from below.
  void history(const std::vector<std::string>& steps) {
    std::string out;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      const auto size = step->substr(0, step->find(' '));
      out += fmt::format(R"({{"CreatedBy":"{}","Size":"{}"}})", step->substr(size.size() + 1), size) + '\n';
    }
    runner_.on("docker history --no-trunc --human=false --format '{{json .}}' " + Digest::of("image").text(),
               {.out = out});
  }
  BuiltLayers layers(std::size_t count) {
    const containers::Engine engine(*containers::engine_named("docker"), runner_, {}, work_);
    const BuildRequest request{
        {project::test::recipe("python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n"
                               "[image]\npython = \"base\"\napt = [\"git\"]\n"),
         project::test::lock_of(
             {project::test::package("numpy", "2.2.6", 0), project::test::package("torch", "2.8.0", 0)},
             project::test::base("ubuntu 24.04", "3.12"))},
        {{"/srv/", kRootOwner, {}}},
        false,
        scratch_.path(),
        {}};
    containers::Image image{Digest::of("image"), {}};
    for (std::size_t i = 0; i < count; ++i) image.layers.push_back(Digest::of(std::to_string(i)));
    const auto store = store::Store::open(scratch_ / "store", work_).value();
    auto found = built_layers(request, engine, image, store);
    EXPECT_TRUE(found) << found.error().text();
    return *std::move(found);
  }
  /// "3 numpy 2.2.6 17"
  static std::vector<std::string> shown(const std::vector<LayerSize>& sizes) {
    std::vector<std::string> out;
    for (const auto& size : sizes) {
      for (int i = 0; i < 20; ++i) {
        if (size.digest == Digest::of(std::to_string(i)))
          out.push_back(fmt::format("{} {} {}", i, size.name, size.unpacked.value()));
      }
    }
    return out;
  }

  const std::vector<std::string> steps_ = {"900 ADD file:a in /",
                                           "0 /bin/sh -c #(nop)  CMD [bash]",
                                           "50 /bin/sh -c apt-get install x",
                                           "0 ENV A=b",
                                           "40 RUN /bin/bash -c apt # buildkit",
                                           "71 COPY venv/ /opt/venv/ # buildkit",
                                           "30 COPY wheels/torch/ /opt/venv/ # buildkit",
                                           "20 COPY wheels/numpy/ /opt/venv/ # buildkit",
                                           "10 RUN /bin/bash -c compileall # buildkit",
                                           "5 COPY project/0/ /srv/ # buildkit",
                                           "0 WORKDIR /srv/",
                                           "0 LABEL a=b"};
  fakes::FakeRunner runner_;
  fakes::FakeWork work_;
  test::Scratch scratch_;
};

TEST_F(BuiltLayersTest, AreNamedByWhatMadeThem) {
  history(steps_);
  const std::vector<std::string> expected = {"0 layer 1 of the base image 900",
                                             "1 layer 2 of the base image 50",
                                             "2 apt: python3.12 git 40",
                                             "3 virtual environment 71",
                                             "4 torch 2.8.0 30",
                                             "5 numpy 2.2.6 20",
                                             "6 bytecode of packages 10",
                                             "7 the project's files in /srv/ 5"};
  const auto found = layers(8);
  EXPECT_EQ(shown(found.sizes), expected);
  ASSERT_EQ(found.wheels.size(), 2U);
  EXPECT_EQ(found.wheels[0].digest, Digest::of("4"));
  EXPECT_THAT(found.wheels[1].wheels, ElementsAre("numpy-2.2.6-py3-none-any.whl"));

  auto with_folder = expected;
  with_folder.emplace_back("8 work folder 0");
  const auto more = layers(9);  // docker makes a layer of WORKDIR
  EXPECT_EQ(shown(more.sizes), with_folder);
  EXPECT_EQ(more.wheels[0].digest, Digest::of("4"));
}

TEST_F(BuiltLayersTest, AreThoseOfWheelsIfTheEngineTellsNoMore) {
  history({"900 ADD file:a in /"});
  EXPECT_THAT(shown(layers(8).sizes), ElementsAre("4 torch 2.8.0 0", "5 numpy 2.2.6 0"));
  const auto none = layers(5);
  EXPECT_THAT(none.sizes, IsEmpty());
  EXPECT_THAT(none.wheels, IsEmpty());
}

}  // namespace
}  // namespace launch::image
