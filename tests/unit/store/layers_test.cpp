#include "store/layers.hpp"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "store/layer_record.hpp"
#include "store/layout.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;

archive::LayerSpec spec() {
  return {"/opt/venv", fakes::python("3.12"), "/opt/venv/bin/python3"};
}

class LayersTest : public ::testing::Test {
 protected:
  LayerWheel wheel(const std::string& name, const std::string& content = "x") {
    const auto bytes =
        fakes::make_wheel({.name = name, .version = "1", .files = {{name + "/a.py", content}}});
    const auto file = scratch_ / (name + "-1-py3-none-any.whl");
    EXPECT_TRUE(write_file(file, bytes));
    const auto digest = Digest::of(bytes);
    return {digest, store().add(file, digest, file.filename().string()).value()};
  }
  Store store() { return Store::open(root(), work_).value(); }
  fs::path root() const { return scratch_.path() / "store"; }
  Result<std::vector<archive::LayerFacts>> facts(const std::vector<LayerWheels>& layers) {
    return layer_facts(store(), layers, spec(), work_);
  }
  /// The records of layers that begin with this wheel.
  std::vector<fs::path> records(const LayerWheel& first) const {
    std::vector<fs::path> found;
    for (const auto& item : fs::directory_iterator(layer_folder(root(), first.digest)))
      found.push_back(item.path());
    return found;
  }
  test::Scratch scratch_;
  fakes::FakeWork work_;
};

TEST_F(LayersTest, AreMadeOnce) {
  const auto one = wheel("one");
  const auto two = wheel("two");
  const auto first = facts({{one}, {one, two}, {two}}).value();
  ASSERT_EQ(first.size(), 3U);
  EXPECT_NE(first[0].layer, first[1].layer);
  EXPECT_EQ(records(one).size(), 2U);
  EXPECT_EQ(records(two).size(), 1U);
  EXPECT_FALSE(work_.reporter.steps.empty());
  for (const auto& step : work_.reporter.steps) EXPECT_LE(step.done, step.total);
  work_.reporter.steps.clear();
  const auto again = facts({{two}, {one, two}}).value();
  EXPECT_EQ(again[0].layer, first[2].layer);
  EXPECT_EQ(again[1].tar, first[1].tar);
  EXPECT_EQ(again[1].files, first[1].files);
  EXPECT_TRUE(work_.reporter.steps.empty());
}

TEST_F(LayersTest, AreKnownWithoutTheirWheels) {
  const auto one = wheel("one");
  const auto two = wheel("two");
  const std::vector<LayerWheels> both = {{one}, {two}};
  EXPECT_FALSE(known_layer_facts(store(), both, spec()));
  const auto made = facts({{one}}).value();
  EXPECT_FALSE(known_layer_facts(store(), both, spec())) << "the second is not known";
  ASSERT_TRUE(facts({{two}}));
  fs::remove(one.path);
  fs::remove(two.path);
  const auto known = known_layer_facts(store(), both, spec());
  ASSERT_TRUE(known);
  ASSERT_EQ(known->size(), 2U);
  EXPECT_EQ(known->front().layer, made.front().layer);
  EXPECT_EQ(known->front().files, made.front().files);
  auto plain = spec();
  plain.content = archive::LayerSpec::Content::plain_zips;
  EXPECT_FALSE(known_layer_facts(store(), both, plain));
  EXPECT_EQ(known_layer_facts(store(), {}, spec())->size(), 0U);
  for (const auto& record : records(one)) ASSERT_TRUE(write_file(record, "damaged"));
  EXPECT_FALSE(known_layer_facts(store(), both, spec()));
}

TEST_F(LayersTest, AreMadeAgainFromADamagedRecord) {
  const auto one = wheel("one");
  const auto made = facts({{one}}).value().front();
  const auto record = records(one).front();
  const auto text = read_file(record).value();
  auto other_digit = text;
  auto& digit = other_digit[text.find("\nfile ") + 6];
  digit = digit == '0' ? '1' : '0';
  for (const auto& damaged : {std::string(), text.substr(0, text.size() / 2), text.substr(0, text.size() - 1),
                              "x" + text, std::string(text).replace(20, 1, "g"), other_digit}) {
    ASSERT_TRUE(write_file(record, damaged));
    EXPECT_EQ(facts({{one}}).value().front().layer, made.layer);
    EXPECT_EQ(read_file(record).value(), text);
  }
}

TEST_F(LayersTest, AreMadeWithoutAPlaceToKeepThem) {
  const auto one = wheel("one");
  work_.disk.set({"open_new", "layers", ENOSPC});
  EXPECT_TRUE(facts({{one}}));
  EXPECT_TRUE(work_.disk.struck());
}

TEST_F(LayersTest, NameAWheelThatCannotBeOne) {
  const auto one = wheel("one");
  const auto bad = scratch_ / "bad-1-py3-none-any.whl";
  ASSERT_TRUE(write_file(bad, fakes::make_zip({{"a.py", "x"}})));
  EXPECT_EQ(facts({{one}, {{fakes::digest('1'), bad}}}).error().text(),
            "error: the wheel cannot be installed: it has no .dist-info folder\n"
            "  while making the layer of bad-1-py3-none-any.whl\n");
  const LayerWheels group = {one, {fakes::digest('1'), bad}, wheel("two")};
  EXPECT_EQ(facts({group}).error().text(),
            "error: the wheel cannot be installed: it has no .dist-info folder\n"
            "  while making the layer of bad-1-py3-none-any.whl\n");
  const auto damaged = scratch_ / "three-1-py3-none-any.whl";
  auto bytes = fakes::make_wheel({.name = "three", .version = "1", .files = {{"three.py", "a long text"}}});
  bytes[bytes.find("a long text")] = 'A';
  ASSERT_TRUE(write_file(damaged, bytes));
  EXPECT_EQ(facts({{one, {fakes::digest('3'), damaged}}}).error().text(),
            "error: not a valid zip file: the entry \"three.py\" has the CRC-32 95f6eb31, expected 136a64e6\n"
            "  while making the layer of three-1-py3-none-any.whl\n");
  work_.stop.request_stop();
  EXPECT_EQ(facts({{wheel("two"), one}}).error().text(), "error: stopped while making a layer\n");
}

TEST_F(LayersTest, AreCollectedWithTheirWheel) {
  const auto one = wheel("one");
  ASSERT_TRUE(facts({{one}}));
  EXPECT_EQ(store().list().value().files.size(), 1U);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const CollectRequest request{.unused_since = now + std::chrono::hours(1)};
  ASSERT_TRUE(Store::open_alone(root(), work_).value().collect(request, work_));
  EXPECT_FALSE(fs::exists(layer_folder(root(), one.digest)));
}

TEST(LayerKey, DependsOnAllThatDeterminesALayer) {
  const std::vector<Digest> wheels = {fakes::digest('1'), fakes::digest('2')};
  const std::vector<Digest> turned = {fakes::digest('2'), fakes::digest('1')};
  auto other_time = spec();
  other_time.time = 1;
  auto other_python = spec();
  other_python.python = fakes::python("3.13t");
  auto moved = spec();
  moved.prefix = "/opt/venv\n";
  auto plain = spec();
  plain.content = archive::LayerSpec::Content::plain_zips;
  const std::set<Digest> keys = {layer_key(wheels, spec()),       layer_key(turned, spec()),
                                 layer_key({}, spec()),           layer_key(wheels, other_time),
                                 layer_key(wheels, other_python), layer_key(wheels, moved),
                                 layer_key(wheels, plain)};
  EXPECT_EQ(keys.size(), 7U);
  EXPECT_EQ(layer_key(wheels, spec()), layer_key(wheels, spec()));
}

}  // namespace
}  // namespace launch::store
