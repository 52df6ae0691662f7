#include "index/remote_zip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/one_by_one_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::index {
namespace {

using fakes::MemoryAnswer;
using fakes::MemoryHttp;
using testing::ElementsAre;

const std::string kUrl = "https://pypi.example/f/demo.whl";

/// Bytes that deflate cannot shrink.
std::string noise(std::size_t size) {
  std::string out;
  std::uint32_t state = 1;
  while (out.size() < size) out += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

struct Sample {
  std::string bytes;
  MemoryHttp http;

  explicit Sample(const std::vector<fakes::ZipSource>& sources, const fakes::ZipStyle& style = {})
      : bytes(fakes::make_zip(sources, style)) {
    put({.body = bytes});
  }
  void put(MemoryAnswer answer) { http.put(kUrl, std::move(answer)); }
  Result<RemoteZip> open(std::uint64_t tail = 64 * 1024, std::uint64_t most_whole = RemoteZip::kMostWhole,
                         RangeMemory* memory = nullptr) {
    return RemoteZip::open(http, fakes::url(kUrl), bytes.size(), tail, most_whole, memory);
  }
  std::string range(std::uint64_t first, std::uint64_t end) const {
    return "GET " + kUrl + " " + std::to_string(first) + "-" + std::to_string(end - 1);
  }
};

std::vector<fakes::ZipSource> many(std::size_t count) {
  std::vector<fakes::ZipSource> sources;
  for (std::size_t i = 0; i < count; ++i)
    sources.push_back({"pkg/file" + std::to_string(i), "content " + std::to_string(i)});
  return sources;
}

std::vector<std::string> read(const RemoteZip& zip, const std::vector<std::string>& names) {
  std::vector<const archive::ZipEntry*> entries;
  for (const auto& name : names) entries.push_back(zip.find(name));
  auto contents = zip.read(entries);
  EXPECT_TRUE(contents) << contents.error().text();
  return contents.value_or(std::vector<std::string>());
}

std::string error_text(const Result<RemoteZip>& zip) {
  return zip ? "no error" : zip.error().text();
}

TEST(RemoteZipTest, OneRequestForADirectoryThatFitsTheTail) {
  Sample sample({{"big", noise(200'000)}, {"small", "hello"}});
  const auto zip = sample.open(1024);
  ASSERT_TRUE(zip) << zip.error().text();
  EXPECT_EQ(zip->entries().size(), 2u);
  EXPECT_THAT(read(*zip, {"small"}), ElementsAre("hello"));  // lies in the tail, too
  EXPECT_THAT(sample.http.log(), ElementsAre(sample.range(sample.bytes.size() - 1024, sample.bytes.size())));
  EXPECT_EQ(zip->bytes_fetched(), 1024u);
}

TEST(RemoteZipTest, ALargerDirectoryTakesOneRequestMore) {
  Sample sample(many(500));
  const auto zip = sample.open(1000);
  ASSERT_TRUE(zip) << zip.error().text();
  EXPECT_EQ(zip->entries().size(), 500u);
  EXPECT_EQ(sample.http.requests().size(), 2u);
  EXPECT_THAT(read(*zip, {"pkg/file0", "pkg/file499"}), ElementsAre("content 0", "content 499"));
}

TEST(RemoteZipTest, LearnsTheLengthFromTheFirstByte) {
  Sample sample(many(3));
  const auto zip = RemoteZip::open(sample.http, fakes::url(kUrl));
  ASSERT_TRUE(zip) << zip.error().text();
  EXPECT_EQ(zip->size(), sample.bytes.size());
  EXPECT_THAT(sample.http.log(), ElementsAre("GET " + kUrl + " 0-0", sample.range(0, sample.bytes.size())));
}

TEST(RemoteZipTest, NeighboursAreReadByOneRequestAndNothingElse) {
  Sample sample({{"first", noise(100'000)}, {"a", noise(500)}, {"b", noise(500)}, {"last", noise(100'000)}});
  const auto zip = sample.open(1024);
  ASSERT_TRUE(zip);
  sample.http.forget_requests();
  EXPECT_THAT(read(*zip, {"b", "a"}), ElementsAre(noise(500), noise(500)));
  const auto first = zip->find("a")->header_offset;
  EXPECT_THAT(sample.http.log(), ElementsAre(sample.range(first, zip->find("last")->header_offset)));
}

TEST(RemoteZipTest, FarEntriesAreReadSideBySide) {
  Sample sample({{"a", noise(500)}, {"middle", noise(200'000)}, {"b", noise(500)}, {"last", noise(100'000)}});
  const auto zip = sample.open(1024);
  ASSERT_TRUE(zip);
  sample.http.forget_requests();
  EXPECT_THAT(read(*zip, {"a", "b"}), ElementsAre(noise(500), noise(500)));
  EXPECT_EQ(sample.http.requests().size(), 2u);
  EXPECT_LT(sample.http.bytes_sent(), 3000u);
}

TEST(RemoteZipTest, ALongLocalHeaderTakesASecondRequest) {
  Sample sample({{"a", noise(5000)}, {"last", noise(100'000)}}, {.local_extra = 20'000});
  const auto zip = sample.open(1024);
  ASSERT_TRUE(zip);
  sample.http.forget_requests();
  EXPECT_THAT(read(*zip, {"a"}), ElementsAre(noise(5000)));
  EXPECT_EQ(sample.http.requests().size(), 2u);
}

TEST(RemoteZipTest, ReadsZip64AndComments) {
  Sample sample(many(20), {.zip64 = true, .comment = "made by a test"});
  const auto zip = sample.open();
  ASSERT_TRUE(zip) << zip.error().text();
  EXPECT_THAT(read(*zip, {"pkg/file7"}), ElementsAre("content 7"));
}

TEST(RemoteZipTest, ManyZipsAreOpenedSideBySide) {
  Sample sample(many(500));
  sample.http.put("https://pypi.example/f/broken.whl", std::string("garbage"), "application/zip");
  const std::vector<ZipLocation> locations{{fakes::url(kUrl), sample.bytes.size(), 1000},
                                           {fakes::url("https://pypi.example/f/gone.whl")},
                                           {fakes::url("https://pypi.example/f/broken.whl"), 7},
                                           {fakes::url(kUrl)}};
  const auto zips = RemoteZip::open_all(sample.http, locations);
  ASSERT_EQ(zips.size(), 4u);
  EXPECT_EQ(zips[0]->entries().size(), 500u);
  EXPECT_EQ(error_text(zips[1]),
            "error: https://pypi.example/f/gone.whl returned 404, expected a part of the file (206)\n\n"
            "hint: the file is no longer on the index; lock again, or use a mirror that has it\n");
  EXPECT_EQ(error_text(zips[2]),
            "error: not a valid zip file: it has no end record; is it truncated?\n"
            "  while reading the zip https://pypi.example/f/broken.whl\n\n"
            "hint: the file was damaged on the server or in transit; try again, or use another mirror\n");
  EXPECT_EQ(zips[2].error().kind(), ErrorKind::unusable);
  EXPECT_EQ(zips[3]->entries().size(), 500u);
}

TEST(RemoteZipTest, AServerWithoutRangesIsReadWholeAndRemembered) {
  Sample sample(many(10));
  sample.put({.body = sample.bytes, .ranges = false});
  RangeMemory memory;
  for (int i = 0; i < 2; ++i) {
    const auto zip = sample.open(1024, RemoteZip::kMostWhole, &memory);
    ASSERT_TRUE(zip) << zip.error().text();
    EXPECT_THAT(read(*zip, {"pkg/file3"}), ElementsAre("content 3"));
  }
  EXPECT_EQ(sample.http.requests().size(), 2u);
  EXPECT_TRUE(sample.http.requests()[0].range);
  EXPECT_FALSE(sample.http.requests()[1].range);
  EXPECT_TRUE(memory.refuses(fakes::url("https://pypi.example/other.whl")));
  EXPECT_FALSE(memory.refuses(fakes::url("https://files.example/other.whl")));
}

TEST(RemoteZipTest, StatusesThatRefuseRangesLeadToTheWholeFile) {
  for (const int status : {405, 501}) {
    Sample sample(many(10));
    sample.http.on(kUrl, [&](const net::HttpRequest& request) {
      return request.range ? MemoryAnswer{.status = status} : MemoryAnswer{.body = sample.bytes};
    });
    const auto zip = sample.open(100);
    ASSERT_TRUE(zip) << zip.error().text();
    EXPECT_EQ(zip->entries().size(), 10u);
  }
}

TEST(RemoteZipTest, ALargeFileIsNotReadWhole) {
  Sample sample({{"big", noise(10'000)}});
  sample.put({.status = 501});
  EXPECT_EQ(error_text(sample.open(100, 5'000)),
            "error: " + kUrl +
                " cannot be read in parts: its server does not support range requests, and the whole "
                "file has 10.1 kB\n\nhint: use a mirror that supports range requests\n");
  sample.put({.body = sample.bytes, .ranges = false});
  EXPECT_EQ(error_text(sample.open(100, 5'000)),
            "error: " + kUrl +
                " cannot be read in parts: its server does not support range requests, and the whole "
                "file has 10.1 kB\n\nhint: use a mirror that supports range requests\n");
  EXPECT_EQ(error_text(RemoteZip::open(sample.http, fakes::url(kUrl), {}, 100, 5'000)),
            "error: " + kUrl +
                " cannot be read in parts: its server does not support range requests, and the whole "
                "file has more than 5.0 kB\n\nhint: use a mirror that supports range requests\n");
  EXPECT_EQ(sample.http.bytes_sent(), 0u);
}

TEST(RemoteZipTest, ALengthThatDisagreesIsAnError) {
  Sample sample(many(10));
  const auto size = sample.bytes.size();
  for (const std::size_t more : {5, 500}) {  // less and more than the tail that is asked for
    const auto longer = RemoteZip::open(sample.http, fakes::url(kUrl), size + more, 100);
    EXPECT_EQ(error_text(longer),
              "error: " + kUrl + " has " + std::to_string(size) + " bytes, expected " +
                  std::to_string(size + more) +
                  "\n\nhint: the file at this address was replaced; lock again, or use another "
                  "mirror\n");
  }
}

TEST(RemoteZipTest, AWrongPartIsAnError) {
  Sample sample(many(10));
  sample.put({.status = 206, .headers = {{"content-range", "bytes 0-9/999"}}, .body = std::string(10, 'x')});
  const auto zip = RemoteZip::open(sample.http, fakes::url(kUrl), 999, 10);
  EXPECT_EQ(
      error_text(zip),
      "error: " + kUrl +
          " returned the wrong part of the file: expected bytes 989-998, found 0-9\n\n"
          "hint: the server (or a proxy in front of it) mishandles range requests; use another mirror\n");
  sample.put({.status = 206, .headers = {{"content-range", "bytes 989-998/999"}}, .body = "short"});
  EXPECT_EQ(
      error_text(RemoteZip::open(sample.http, fakes::url(kUrl), 999, 10)),
      "error: " + kUrl +
          " returned the wrong part of the file: expected bytes 989-998, found 5 bytes\n\n"
          "hint: the server (or a proxy in front of it) mishandles range requests; use another mirror\n");
  sample.put({.status = 206, .body = std::string(10, 'x')});
  EXPECT_EQ(
      error_text(RemoteZip::open(sample.http, fakes::url(kUrl), 999, 10)),
      "error: " + kUrl +
          " returned the wrong part of the file: expected bytes 989-998, found no Content-Range\n\n"
          "hint: the server (or a proxy in front of it) mishandles range requests; use another mirror\n");
}

TEST(RemoteZipTest, AFileThatChangesMeanwhileIsNoticed) {
  Sample sample(many(500));
  int version = 0;
  sample.http.on(kUrl, [&](const net::HttpRequest&) {
    return MemoryAnswer{.headers = {{"etag", "\"v" + std::to_string(version++) + "\""}},
                        .body = sample.bytes};
  });
  EXPECT_EQ(error_text(sample.open(1000)),
            "error: " + kUrl + " was replaced on its server while it was being read\n\nhint: try again\n");
  const auto second = sample.http.requests().at(1);
  EXPECT_THAT(second.headers, ElementsAre(std::pair<std::string, std::string>("If-Range", "\"v0\"")));
}

TEST(RemoteZipTest, ReadingIsHeldToTheFileThatWasOpened) {
  Sample sample({{"a", noise(500)}, {"last", noise(100'000)}});
  sample.put({.headers = {{"etag", "\"v0\""}}, .body = sample.bytes});
  const auto zip = sample.open(1024);
  ASSERT_TRUE(zip);
  sample.put({.headers = {{"etag", "\"v1\""}}, .body = sample.bytes});
  const archive::ZipEntry* const wanted[] = {zip->find("a")};
  const auto contents = zip->read(wanted);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().text(),
            "error: " + kUrl + " was replaced on its server while it was being read\n\nhint: try again\n");
}

/// A cache in front of a server that keeps the first answer forever.
class StaleCache final : public fakes::OneByOneHttp {
 public:
  explicit StaleCache(MemoryHttp& server) : server_(server) {}
  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override {
    const bool same = kept_ && request.range && request.range->last == last_;
    if (same && request.cache) return *kept_;
    auto response = server_.fetch(request);
    if (!kept_) {
      kept_ = *response;
      kept_->from_cache = true;
      last_ = request.range->last;
    }
    return response;
  }

 private:
  MemoryHttp& server_;
  std::optional<net::HttpResponse> kept_;
  std::uint64_t last_ = 0;
};

TEST(RemoteZipTest, AStaleTailInTheCacheIsNotKeptTo) {
  Sample sample(many(500));
  StaleCache cache(sample.http);
  for (const std::string content : {"CONTENT 0", "content X"}) {  // two files of one length
    auto sources = many(500);
    sources[0] = {"pkg/file0", content, false};
    sample.bytes = fakes::make_zip(sources);
    sample.put({.headers = {{"etag", "\"" + content + "\""}}, .body = sample.bytes});
    const auto zip = RemoteZip::open(cache, fakes::url(kUrl), sample.bytes.size(), 1000);
    ASSERT_TRUE(zip) << zip.error().text();
    EXPECT_THAT(read(*zip, {"pkg/file0"}), ElementsAre(content));
    EXPECT_FALSE(zip->from_cache());
  }
}

TEST(RemoteZipTest, ADamagedEntryIsNoticed) {
  Sample sample({{"a", noise(500)}, {"last", noise(100'000)}});
  auto bytes = sample.bytes;
  bytes[200] = static_cast<char>(bytes[200] ^ 1);
  sample.put({.body = bytes});
  const auto zip = sample.open(1024);
  ASSERT_TRUE(zip);
  const archive::ZipEntry* const wanted[] = {zip->find("a")};
  const auto contents = zip->read(wanted);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().kind(), ErrorKind::unusable);
  EXPECT_THAT(contents.error().text(), testing::HasSubstr("  while reading the zip " + kUrl));
}

TEST(RemoteZipTest, ALocalFileIsReadInPartsToo) {
  const test::Scratch scratch;
  const auto path = scratch / "a wheel+cu121.whl";
  const auto bytes = fakes::make_zip({{"big", noise(200'000)}, {"small", "hello"}});
  ASSERT_TRUE(write_file(path, bytes));
  MemoryHttp http;
  const auto zip =
      RemoteZip::open(http, fakes::url("file://" + scratch.path().string() + "/a%20wheel%2Bcu121.whl"));
  ASSERT_TRUE(zip) << zip.error().text();
  EXPECT_THAT(read(*zip, {"small", "big"}), ElementsAre("hello", noise(200'000)));
  EXPECT_EQ(zip->bytes_fetched(), 0u);
  EXPECT_TRUE(http.requests().empty());
}

TEST(RemoteZipTest, EmptyAndTinyFilesAreErrors) {
  MemoryHttp http;
  http.put(kUrl, std::string(), "application/zip");
  EXPECT_EQ(error_text(RemoteZip::open(http, fakes::url(kUrl))),
            "error: " + kUrl +
                " has 0 bytes, expected at least one\n\n"
                "hint: the file at this address was replaced; lock again, or use another mirror\n");
  EXPECT_FALSE(RemoteZip::open(http, fakes::url(kUrl), 0));
}

}  // namespace
}  // namespace launch::index
