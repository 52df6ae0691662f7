#include "archive/layer.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "archive/estargz.hpp"
#include "archive/tar.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

const std::string kSite = "opt/venv/lib/python3.12/site-packages/";

LayerSpec spec() {
  return {"/opt/venv", fakes::python("3.12"), "/opt/venv/bin/python3", 1'700'000'000};
}

bool go_on(std::uint64_t /*bytes*/) {
  return true;
}

std::string numbers(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += std::to_string(i) + "\n";
  return out;
}

/// A layer with everything that was computed for it.
struct Made {
  explicit Made(std::vector<std::string> bytes_of_wheels, const LayerSpec& wanted = spec())
      : wheels(std::move(bytes_of_wheels)) {
    for (const auto& wheel : wheels) zips.push_back(ZipFile::open(wheel).value());
    facts = digest_layer(zips, wanted, go_on).value();
    plan = plan_layer(zips, wanted, facts->files).value();
    bytes = range(0, plan.size);
  }
  std::string range(std::uint64_t offset, std::uint64_t size) const {
    std::vector<std::string_view> sources(wheels.begin(), wheels.end());
    std::string out;
    for (const auto& segment : segments_of(plan, offset, size)) {
      EXPECT_EQ(segment.offset, offset + out.size());
      out += bytes_of(plan, segment, sources);
    }
    return out;
  }
  std::vector<std::string> wheels;
  std::vector<ZipFile> zips;
  std::optional<LayerFacts> facts;
  LayerPlan plan;
  std::string bytes;
};

/// What zlib makes of all members of a gzip file.
std::string unpacked(const std::string& bytes) {
  std::string out;
  std::string piece(1 << 16, '\0');
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  EXPECT_EQ(inflateInit2(&stream, kGzip), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  for (int code = Z_OK; code == Z_OK || (code == Z_STREAM_END && stream.avail_in > 0);) {
    if (code == Z_STREAM_END) inflateReset(&stream);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    code = inflate(&stream, Z_NO_FLUSH);
    out += piece.substr(0, piece.size() - stream.avail_out);
    EXPECT_TRUE(code == Z_OK || code == Z_STREAM_END) << code;
  }
  EXPECT_EQ(stream.avail_in, 0U);
  inflateEnd(&stream);
  return out;
}

/// The files of a layer as zlib and our reader of tars see them.
std::map<std::string, std::string> files_of(const std::string& layer) {
  const test::Scratch scratch;
  EXPECT_TRUE(write_file(scratch / "layer.tar.gz", layer));
  std::map<std::string, std::string> files;
  const TarVisitor visitor = {
      .enter = [](const TarEntry& entry) -> Result<bool> { return entry.kind == TarEntry::Kind::file; },
      .take = [&](const TarEntry& entry, std::string content) -> Result<void> {
        EXPECT_TRUE(files.emplace(entry.name, std::move(content)).second) << entry.name;
        return {};
      }};
  const auto done = read_tar_gz(scratch / "layer.tar.gz", {1 << 30, 1000, 1 << 30}, visitor);
  EXPECT_TRUE(done) << done.error().text();
  return files;
}

std::string demo(bool deflated = true) {
  return fakes::make_wheel({.name = "demo",
                            .version = "1.0",
                            .files = {{"demo/__init__.py", ""},
                                      {"demo/numbers.txt", numbers(30000)},
                                      {"demo/short.py", "x = 1\n"},
                                      {std::string(120, 'd') + "/" + std::string(120, 'f'), "far away"}},
                            .entry_points = {{"demo", "demo:main"}},
                            .deflated = deflated});
}

TEST(Layer, HoldsTheFilesOfTheWheel) {
  for (const bool deflated : {true, false}) {
    const Made made({demo(deflated)});
    const auto files = files_of(made.bytes);
    EXPECT_EQ(files.at(kSite + "demo/__init__.py"), "");
    EXPECT_EQ(files.at(kSite + "demo/numbers.txt"), numbers(30000));
    EXPECT_EQ(files.at(kSite + std::string(120, 'd') + "/" + std::string(120, 'f')), "far away");
    EXPECT_EQ(files.at("opt/venv/bin/demo").substr(0, 24), "#!/opt/venv/bin/python3\n");
    EXPECT_THAT(files.at(kSite + "demo-1.0.dist-info/RECORD"),
                testing::AllOf(testing::HasSubstr("../../../bin/demo,sha256="),
                               testing::HasSubstr(
                                   "demo/short.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6\n"),
                               testing::HasSubstr("\ndemo-1.0.dist-info/RECORD,,\n"),
                               testing::Not(testing::HasSubstr("landmark"))));
    EXPECT_EQ(made.bytes.size(), made.plan.size);
    EXPECT_EQ(Digest::of(made.bytes), made.facts->layer);
  }
}

TEST(Layer, HasARecordForEachOfItsWheels) {
  const Made made({demo(), fakes::make_wheel({.name = "other", .version = "2"})});
  const auto files = files_of(made.bytes);
  EXPECT_THAT(
      files.at(kSite + "demo-1.0.dist-info/RECORD"),
      testing::AllOf(testing::HasSubstr("\ndemo/short.py,"), testing::Not(testing::HasSubstr("other"))));
  EXPECT_THAT(
      files.at(kSite + "other-2.dist-info/RECORD"),
      testing::AllOf(testing::HasSubstr("\nother/__init__.py,"), testing::Not(testing::HasSubstr("demo"))));
}

/// As an installer leaves it, and as the wheel has it in a layer of its own.
TEST(Layer, HasReplacedFilesInTheRecordOfTheirWheel) {
  const auto one = fakes::make_wheel({.name = "one", .version = "1", .files = {{"both.py", "1"}}});
  const auto two = fakes::make_wheel({.name = "two", .version = "1", .files = {{"both.py", "22"}}});
  const auto files = files_of(Made({one, two}).bytes);
  for (const auto& [name, wheel] : {std::pair{"one", one}, {"two", two}}) {
    const auto record = kSite + name + "-1.dist-info/RECORD";
    EXPECT_EQ(files.at(record), files_of(Made({wheel}).bytes).at(record));
  }
  EXPECT_EQ(files.at(kSite + "both.py"), "22");
}

TEST(Layer, IsTheDeflateStreamsOfTheWheel) {
  const Made made({demo()});
  const auto* entry = made.zips[0].find("demo/numbers.txt");
  EXPECT_NE(made.bytes.find(made.zips[0].compressed(*entry).value()), std::string::npos);
  std::uint64_t copied = 0;
  for (const auto& segment : made.plan.segments) copied += segment.wheel == 0 ? segment.size : 0;
  EXPECT_GT(copied, entry->compressed_size);
}

TEST(Layer, HasTheDiffIdOfItsTar) {
  for (const bool deflated : {true, false}) {
    const Made made({demo(deflated), fakes::make_wheel({.name = "other", .version = "2"})});
    const auto tar = unpacked(made.bytes);
    EXPECT_EQ(Digest::of(tar), made.facts->tar);
    EXPECT_EQ(tar.size(), made.plan.tar_size);
    EXPECT_EQ(tar.size(), made.facts->tar_size);
    EXPECT_EQ(made.bytes.size(), made.facts->size);
  }
}

/// An image of last year and one of today share this layer: a change needs another kLayerVersion. (Version 2
/// refuses wheels that replace a part of the virtual environment, and has replaced files in RECORD.)
TEST(Layer, NeverChanges) {
  const Made made({demo(false)});
  EXPECT_EQ(kLayerVersion, 2);
  EXPECT_EQ(made.facts->layer.hex(), "2590062df54ee679bef6afd6c554bd9484c1fc67915e6664bfc4a8d217b4c1a2");
  EXPECT_EQ(made.facts->tar.hex(), "bbcc05b25993185d4b047ab85ea65d9df7c51199afdf6cb8edcc28bc873bd9ec");
}

TEST(Layer, CanBeReadFromAnyOffset) {
  const Made made({demo(false), fakes::make_wheel({.name = "other", .version = "2"})});
  for (std::uint64_t offset = 0; offset < made.plan.size; offset += 997) {
    for (const std::uint64_t size : {1U, 700U, 100000U}) {
      ASSERT_TRUE(made.range(offset, size) == made.bytes.substr(offset, size)) << offset;
    }
  }
  EXPECT_EQ(made.range(made.plan.size - 1, 10).size(), 1U);
  EXPECT_EQ(made.range(made.plan.size, 10), "");
  EXPECT_EQ(made.range(made.plan.size + 1, 10), "");
  EXPECT_EQ(made.range(5, 0), "");
  EXPECT_EQ(made.range(0, std::uint64_t(-1)).size(), made.plan.size);
}

TEST(Layer, DependsOnWheelPrefixInterpreterAndTime) {
  const auto digest = [](const std::string& wheel, const LayerSpec& wanted) {
    return Made({wheel}, wanted).facts->layer;
  };
  const auto same = digest(demo(), spec());
  EXPECT_EQ(digest(demo(), spec()), same);
  auto other = spec();
  other.prefix = "/opt/other";
  EXPECT_NE(digest(demo(), other), same);
  other = spec();
  other.interpreter = "/usr/bin/python3";
  EXPECT_NE(digest(demo(), other), same);
  other = spec();
  other.time = 1;
  EXPECT_NE(digest(demo(), other), same);
}

TEST(Layer, HasATableOfContents) {
  const Made made({demo()});
  const auto toc = files_of(made.bytes).at("stargz.index.json");
  EXPECT_EQ(Digest::of(toc), made.facts->toc);
  const auto json = nlohmann::json::parse(toc);
  EXPECT_EQ(json["version"], 1);
  const auto& first = json["entries"][0];
  EXPECT_EQ(first["name"], ".no.prefetch.landmark");
  EXPECT_EQ(first["chunkDigest"], "sha256:" + sha256_hex("\x0f"));
  EXPECT_EQ(json["entries"][1].dump(),
            R"({"gid":0,"mode":493,"modtime":"2023-11-14T22:13:20Z","name":"opt/","type":"dir","uid":0})");
  const auto footer = made.bytes.substr(made.bytes.size() - 51);
  EXPECT_EQ(footer.substr(0, 16), std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0", 16));
  EXPECT_EQ(footer.substr(32, 6), "STARGZ");
  const auto offset = std::stoull(footer.substr(16, 16), nullptr, 16);
  EXPECT_EQ(made.bytes.substr(offset, 4), std::string("\x1f\x8b\x08\0", 4));
}

TEST(Layer, RefusesAWheelWhoseContentIsDamaged) {
  auto wheel = demo(false);
  wheel[wheel.find("29999\n")] = 'x';
  const auto zip = ZipFile::open(wheel).value();
  const auto made = digest_layer(std::span(&zip, 1), spec(), go_on);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(),
              testing::StartsWith("not a valid zip file: the entry \"demo/numbers.txt\" has the CRC-32 "));
}

TEST(Layer, IsNotPlannedWithTheDigestsOfAnother) {
  const auto wheel = demo();
  const auto zip = ZipFile::open(wheel).value();
  EXPECT_EQ(plan_layer(std::span(&zip, 1), spec(), {}).error().message(),
            "a layer of 7 files was given the digests of 0");
}

TEST(Layer, StopsWhenAsked) {
  const auto wheel = demo();
  const auto zip = ZipFile::open(wheel).value();
  int pieces = 0;
  const auto made = digest_layer(std::span(&zip, 1), spec(), [&](std::uint64_t) { return ++pieces < 2; });
  ASSERT_FALSE(made);
  EXPECT_EQ(pieces, 2);
  EXPECT_EQ(made.error().text(), "error: stopped while making a layer\n");
  EXPECT_EQ(made.error().kind(), ErrorKind::environment);
}

}  // namespace
}  // namespace launch::archive
