#include "archive/file_layer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/gzip.hpp"
#include "archive/tar.hpp"
#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::archive {
namespace {

struct ReadBack {
  TarEntry entry;
  std::string content;
};

std::vector<FileSums> sums_of_all(const std::vector<SteadyFile>& files) {
  std::vector<FileSums> sums;
  for (const auto& file : files) sums.push_back(sums_of(file, [](std::string_view) {}).value());
  return sums;
}

/// A layer with its bytes, and what our reader and zlib say of them.
struct Made {
  Made(const std::vector<LayerMember>& given, const std::vector<std::string>& contents)
      : files_(written(contents)),
        sums_(sums_of_all(files_)),
        plan(plan_file_layer(given, {files_, sums_})),
        facts(digest_file_layer(given, {files_, sums_}).value()),
        key(file_layer_key(given, {files_, sums_})),
        bytes(range(0, plan.size)) {
    const test::Scratch scratch;
    EXPECT_TRUE(write_file(scratch / "a.tar.gz", bytes));
    tar = gunzipped(scratch / "a.tar.gz").value().digest;
    const TarVisitor visitor = {.enter = [&](const TarEntry& entry) -> Result<bool> {
                                  members.push_back({entry, ""});
                                  tar_size += tar_header({.path = entry.name}).size() + entry.size +
                                              tar_padding(entry.size).size();
                                  return entry.kind == TarEntry::Kind::file;
                                },
                                .take =
                                    [&](const TarEntry&, std::string content) {
                                      members.back().content = std::move(content);
                                      return Result<void>();
                                    }};
    const auto read = read_tar_gz(scratch / "a.tar.gz", {1 << 30, 100, 1 << 20}, visitor);
    EXPECT_TRUE(read) << read.error().text();
    tar_size += tar_end().size();
  }
  std::string range(std::uint64_t offset, std::uint64_t size) const {
    std::string out(size, '\0');
    out.resize(read_file_layer(plan, files_, offset, out).value());
    return out;
  }

 private:
  std::vector<SteadyFile> written(const std::vector<std::string>& contents) const {
    std::vector<SteadyFile> files;
    for (const auto& content : contents) {
      const auto path = sources_ / std::to_string(files.size());
      EXPECT_TRUE(write_file(path, content));
      files.push_back(SteadyFile::look_at(path).value());
    }
    return files;
  }

  test::Scratch sources_;
  std::vector<SteadyFile> files_;
  std::vector<FileSums> sums_;

 public:
  LayerPlan plan;
  FileLayerFacts facts;
  Digest key;
  std::string bytes;
  std::optional<Digest> tar;
  std::uint64_t tar_size = 0;
  std::vector<ReadBack> members;
};

/// Bytes that no compressor makes smaller.
std::string noise(std::size_t size) {
  std::string out;
  unsigned state = 1;
  while (out.size() < size) out += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

std::vector<LayerMember> members() {
  return {{.member = {.path = "srv", .is_folder = true, .owner = 1001, .group = 1002}},
          {.member = {.path = "srv/large", .executable = true, .time = 5}, .source = 0},
          {.member = {.path = "srv/empty"}, .source = 1},
          {.member = {.path = "srv/link", .link = "large"}},
          {.member = {.path = "srv/text", .mode = 0600}, .content = "text\n"},
          {.member = {.path = "srv/nothing"}},
          {.member = {.path = "srv/two"}, .source = 2},
          {.member = {.path = "srv/again"}, .source = 0}};
}
std::vector<std::string> sources() {
  return {noise(200'001), "", std::string(65535, 'b')};
}

TEST(FileLayer, HoldsItsMembersInTheirOrder) {
  const Made made(members(), sources());
  std::vector<std::string> names;
  for (const auto& each : made.members) names.push_back(each.entry.name);
  ASSERT_THAT(names, testing::ElementsAre("srv/", "srv/large", "srv/empty", "srv/link", "srv/text",
                                          "srv/nothing", "srv/two", "srv/again"));
  const auto& all = made.members;
  EXPECT_EQ(all[0].entry.kind, TarEntry::Kind::folder);
  EXPECT_EQ(all[0].entry.owner, 1001U);
  EXPECT_EQ(all[0].entry.group, 1002U);
  EXPECT_TRUE(all[1].content == sources()[0]);
  EXPECT_EQ(all[1].entry.mode, 0755U);
  EXPECT_EQ(all[1].entry.time, 5);
  EXPECT_EQ(all[2].content, "");
  EXPECT_EQ(all[2].entry.kind, TarEntry::Kind::file);
  EXPECT_EQ(all[3].entry.kind, TarEntry::Kind::link);
  EXPECT_EQ(all[3].entry.target, "large");
  EXPECT_EQ(all[4].content, "text\n");
  EXPECT_EQ(all[4].entry.mode, 0600U);
  EXPECT_EQ(all[5].content, "");
  EXPECT_TRUE(all[6].content == sources()[2]);
  EXPECT_TRUE(all[7].content == sources()[0]);
}

TEST(FileLayer, KnowsItsDigestsAndSizes) {
  const Made made(members(), sources());
  EXPECT_EQ(made.facts.layer, Digest::of(made.bytes));
  EXPECT_EQ(made.facts.tar, *made.tar);
  EXPECT_EQ(made.facts.size, made.bytes.size());
  EXPECT_EQ(made.facts.tar_size, made.tar_size);
  EXPECT_EQ(made.plan.size, made.facts.size);
  EXPECT_EQ(made.plan.tar_size, made.facts.tar_size);
  EXPECT_EQ(Made({}, {}).plan.tar_size, 1024U);
}

TEST(FileLayer, StoresItsSourcesAndKeepsNoCopy) {
  const Made made(members(), sources());
  EXPECT_LT(made.plan.literals.size(), 3000U);
  EXPECT_NE(made.bytes.find(sources()[0].substr(70'000, 1000)), std::string::npos);
}

TEST(FileLayer, IsTheSameForTheSameMembers) {
  const Made made(members(), sources());
  const Made again(members(), sources());
  EXPECT_EQ(again.facts.layer, made.facts.layer);
  EXPECT_EQ(again.key, made.key);
  auto owner = members();
  owner[4].member.owner = 1;
  auto text = members();
  text[4].content = "next\n";
  auto swapped = members();
  std::swap(swapped[1].source, swapped[6].source);
  auto content = sources();
  content[0].back() ^= 1;
  for (const auto& other :
       {Made(owner, sources()), Made(text, sources()), Made(swapped, sources()), Made(members(), content)}) {
    EXPECT_NE(other.facts.tar, made.facts.tar);
    EXPECT_NE(other.key, made.key);
  }
}

TEST(FileLayer, SumsOfAFileAreOfItsWholeContent) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "digits", "123456789"));
  std::string content;
  const auto file = SteadyFile::look_at(scratch / "digits").value();
  const auto sums = sums_of(file, [&](std::string_view piece) { content += piece; }).value();
  EXPECT_EQ(content, "123456789");
  EXPECT_EQ(sums.sha256, Digest::of(content));
  EXPECT_EQ(sums.crc32, 0xCBF43926U) << "the check value of CRC-32/ISO-HDLC";
}

TEST(FileLayer, GivesAnyRange) {
  const Made made(members(), sources());
  const auto size = made.bytes.size();
  for (std::uint64_t offset = 0; offset < size; offset += 9973) {
    for (const std::uint64_t length : {std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{70'000}})
      EXPECT_TRUE(made.range(offset, length) == made.bytes.substr(offset, length)) << offset << " " << length;
  }
  EXPECT_EQ(made.range(size - 3, 100), made.bytes.substr(size - 3));
  EXPECT_EQ(made.range(size, 100), "");
}

TEST(FileLayer, OfAFileThatChangesIsAnError) {
  const test::Scratch scratch;
  const auto path = scratch / "model.bin";
  ASSERT_TRUE(write_file(path, noise(200'000)));
  const std::vector<SteadyFile> files = {SteadyFile::look_at(path).value()};
  const std::vector<LayerMember> given = {{.member = {.path = "model.bin"}, .source = 0}};
  const auto sums = sums_of_all(files);
  const auto plan = plan_file_layer(given, {files, sums});
  std::filesystem::resize_file(path, 100'000);
  std::string buffer(plan.size, '\0');
  const auto text =
      "error: " + path.string() +
      " has changed since it was first read\n\nhint: run the command again when nothing writes to it\n";
  EXPECT_EQ(read_file_layer(plan, files, 0, buffer).error().text(), text);
  EXPECT_EQ(digest_file_layer(given, {files, sums}).error().text(), text);
}

}  // namespace
}  // namespace launch::archive
