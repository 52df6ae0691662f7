#include "index/index_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/disk.hpp"
#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/one_by_one_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::index {
namespace {

RealDisk disk;

using fakes::MemoryAnswer;
using fakes::MemoryHttp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kIndex = "https://pypi.example/simple";
constexpr const char* kJson = "application/vnd.pypi.simple.v1+json";

std::string page_of(const std::string& project, const std::string& files = "") {
  return R"({"meta": {"api-version": "1.1"}, "name": ")" + project + R"(", "files": [)" + files + "]}";
}

std::string entry(const std::string& file_name) {
  return R"({"filename": ")" + file_name + R"(", "url": "../../f/)" + file_name + R"(", "hashes": {}})";
}

std::vector<std::string> names(const Result<std::optional<ProjectPage>>& page) {
  EXPECT_TRUE(page) << page.error().text();
  std::vector<std::string> names;
  if (!page || !*page) return names;
  for (const auto& file : (*page)->files) names.push_back(file.file_name);
  return names;
}

template <class T>
std::string error_text(const Result<T>& result) {
  return result ? "no error" : result.error().text();
}

TEST(IndexClientTest, AsksForJsonFirstAndReadsIt) {
  MemoryHttp http;
  http.put(kIndex + "/my-demo/", page_of("my-demo", entry("my_demo-1.0-py3-none-any.whl")), kJson);
  IndexClient client(http, {.url = fakes::url(kIndex + "//")});
  EXPECT_EQ(client.url(), kIndex);
  const auto page = client.page("My_Demo");
  EXPECT_THAT(names(page), ElementsAre("my_demo-1.0-py3-none-any.whl"));
  EXPECT_EQ((*page)->files[0].url, "https://pypi.example/f/my_demo-1.0-py3-none-any.whl");
  const auto request = http.requests().at(0);
  EXPECT_TRUE(request.cache);
  EXPECT_THAT(request.headers,
              ElementsAre(std::pair<std::string, std::string>(
                  "Accept",
                  "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
                  "text/html;q=0.1")));
}

TEST(IndexClientTest, TheFormIsTheContentTypesOrElseTheTextsOwn) {
  MemoryHttp http;
  IndexClient client(http, {.url = fakes::url(kIndex)});
  const auto html = "<html><a href='demo-1.0.zip'>x</a></html>";
  for (const std::string type :
       {"text/html; charset=utf-8", "application/vnd.pypi.simple.v1+html", "text/plain", ""}) {
    http.put(kIndex + "/demo/", html, type);
    EXPECT_THAT(names(client.page("demo")), ElementsAre("demo-1.0.zip")) << type;
  }
  http.put(kIndex + "/demo/", page_of("demo", entry("demo-2.0.zip")), "text/plain");
  EXPECT_THAT(names(client.page("demo")), ElementsAre("demo-2.0.zip"));
  http.put(kIndex + "/demo/", "gibberish", "text/plain");
  EXPECT_EQ(error_text(client.page("demo")),
            "error: the page https://pypi.example/simple/demo/ is not an index page: expected JSON or HTML, "
            "found "
            "text/plain\n  while asking the index for demo\n\n"
            "hint: try again; if that does not help, the index (or a proxy in front of it) is broken: open "
            "the address in a "
            "browser, or set another index (`launch doctor` shows where this one comes from)\n");
}

TEST(IndexClientTest, PagesComeInTheOrderOfTheNames) {
  MemoryHttp http;
  http.put(kIndex + "/a/", page_of("a", entry("a-1.0.zip")), kJson);
  http.put(kIndex + "/c/", MemoryAnswer{.status = 500});
  IndexClient client(http, {.url = fakes::url(kIndex)});
  const std::string projects[] = {"c", "b", "a"};
  const auto pages = client.pages(projects);
  EXPECT_EQ(error_text(pages[0]),
            "error: the index page https://pypi.example/simple/c/ returned 500, expected 200\n"
            "  while asking the index for c\n\n"
            "hint: the index returned a server error; try again later, or set another index "
            "(LAUNCH_INDEX_URL, pip's "
            "index-url)\n");
  EXPECT_EQ(pages[0].error().kind(), ErrorKind::environment);
  ASSERT_TRUE(pages[1]);
  EXPECT_FALSE(*pages[1]);
  EXPECT_THAT(names(pages[2]), ElementsAre("a-1.0.zip"));
}

TEST(IndexClientTest, ForbiddenIsMissingOnlyOnTheChannel) {
  MemoryHttp http;
  http.put(kIndex + "/demo/", MemoryAnswer{.status = 403});
  IndexClient channel(http, {.url = fakes::url(kIndex), .forbidden_is_missing = true});
  const auto page = channel.page("demo");
  ASSERT_TRUE(page);
  EXPECT_FALSE(*page);
  IndexClient general(http, {.url = fakes::url("https://user:secret@pypi.example/simple")});
  http.put("https://user:secret@pypi.example/simple/demo/", MemoryAnswer{.status = 403});
  EXPECT_EQ(error_text(general.page("demo")),
            "error: the index page https://pypi.example/simple/demo/ returned 403, expected 200\n"
            "  while asking the index for demo\n\n"
            "hint: check the credentials for this index (netrc or proxy) and its address: `launch doctor` "
            "shows where it comes from\n");
}

TEST(IndexClientTest, AFailedConnectionSaysWhatWasAsked) {
  MemoryHttp http;
  http.break_off(kIndex + "/demo/", environment_error("cannot connect to pypi.example"));
  IndexClient client(http, {.url = fakes::url(kIndex)});
  EXPECT_EQ(error_text(client.page("demo")),
            "error: cannot connect to pypi.example\n  while asking the index for demo\n");
}

TEST(IndexClientTest, APageShorterThanItsLengthIsCutOff) {
  MemoryHttp http;
  const auto text = page_of("demo");
  http.put(kIndex + "/demo/", MemoryAnswer{.headers = {{"content-type", kJson},
                                                       {"content-length", std::to_string(text.size() + 10)}},
                                           .body = text});
  IndexClient client(http, {.url = fakes::url(kIndex)});
  EXPECT_THAT(
      error_text(client.page("demo")),
      HasSubstr("the page https://pypi.example/simple/demo/ is truncated: it has " +
                std::to_string(text.size()) + " bytes, expected " + std::to_string(text.size() + 10)));
}

/// Answers everything that may be cached from a cache that holds a broken page.
class BrokenCache final : public fakes::OneByOneHttp {
 public:
  Result<net::HttpResponse> fetch(const net::HttpRequest& request) override {
    ++asked;
    net::HttpResponse response;
    response.status = 200;
    response.headers = {{"content-type", kJson}};
    response.url = request.url;
    response.from_cache = request.cache;
    response.body = page_of("demo", entry("demo-1.0.zip"));
    if (request.cache) response.body.resize(20);
    return response;
  }
  int asked = 0;
};

TEST(IndexClientTest, ABrokenPageInTheCacheIsAskedForAgain) {
  BrokenCache http;
  IndexClient client(http, {.url = fakes::url(kIndex)});
  EXPECT_THAT(names(client.page("demo")), ElementsAre("demo-1.0.zip"));
  EXPECT_EQ(http.asked, 2);
}

TEST(FindLinksTest, FoldersAndPagesAddToTheIndex) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "wheels/demo-2.0+cu121-py3-none-any.whl", "123"));
  ASSERT_TRUE(write_file(scratch / "wheels/demo-1.0.zip", "x"));
  ASSERT_TRUE(write_file(scratch / "wheels/other-1.0.zip", "x"));
  ASSERT_TRUE(write_file(scratch / "wheels/notes.txt", "x"));
  ASSERT_TRUE(make_folder(scratch / "wheels/demo-9.0.zip.d"));
  ASSERT_TRUE(write_file(scratch / "page.html", "<html><a href='wheels/demo-3.0.zip'>x</a></html>"));
  MemoryHttp http;
  http.put(kIndex + "/demo/", page_of("demo", entry("demo-1.0.zip")), kJson);
  http.put("https://wheels.example/all.html",
           "<html><a href='demo-4.0.zip'>x</a><a href='b-1.zip'>x</a></html>");
  IndexClient client(
      http, {.url = fakes::url(kIndex),
             .find_links = {
                 scratch.path().string() + "/wheels", "file://" + scratch.path().string() + "/page.html",
                 "https://wheels.example/all.html", "/nowhere/at/all", "https://wheels.example/gone.html"}});
  const auto page = client.page("demo");
  EXPECT_THAT(names(page),
              ElementsAre("demo-1.0.zip", "demo-2.0+cu121-py3-none-any.whl", "demo-3.0.zip", "demo-4.0.zip"));
  EXPECT_EQ((*page)->files[0].url, "https://pypi.example/f/demo-1.0.zip");  // the index's own goes first
  EXPECT_EQ((*page)->files[1].url,
            "file://" + scratch.path().string() + "/wheels/demo-2.0%2Bcu121-py3-none-any.whl");
  EXPECT_EQ((*page)->files[1].size, 3u);
  // A project missing on the index may be in the links, which are not fetched again.
  EXPECT_THAT(names(client.page("b")), ElementsAre("b-1.zip"));
  EXPECT_EQ(http.requests().size(), 4u);
}

TEST(FindLinksTest, APageThatFailsIsAnError) {
  MemoryHttp http;
  http.put(kIndex + "/demo/", page_of("demo"), kJson);
  http.put("https://wheels.example/all.html", MemoryAnswer{.status = 503});
  IndexClient client(http, {.url = fakes::url(kIndex), .find_links = {"https://wheels.example/all.html"}});
  EXPECT_EQ(error_text(client.page("demo")),
            "error: the index page https://wheels.example/all.html returned 503, expected 200\n"
            "  while reading the find-links https://wheels.example/all.html\n"
            "  while asking the index for demo\n\n"
            "hint: the index returned a server error; try again later, or set another index "
            "(LAUNCH_INDEX_URL, pip's "
            "index-url)\n");
}

/// A wheel of some size on a server in memory.
struct MetadataTest : testing::Test {
  fakes::WheelSpec spec{.name = "demo",
                        .version = "1.0+cu121",
                        .requires_dist = {"leaf>=2; python_version >= \"3.8\""},
                        .files = {{"demo/data.bin", {}}},
                        .deflated = false};
  MemoryHttp http;
  IndexFile file;
  std::string bytes;
  std::string metadata;

  void SetUp() override {
    spec.files["demo/data.bin"] = std::string(1 << 20, 'x');
    bytes = fakes::make_wheel(spec);
    metadata = fakes::wheel_metadata(spec);
    file.file_name = fakes::wheel_file_name(spec);
    file.url = fakes::url("https://files.example/demo-1.0%2Bcu121-py3-none-any.whl");
    file.size = bytes.size();
    file.sha256 = Digest::of(bytes);
    http.put(file.url.with_secrets(), MemoryAnswer{.body = bytes});
  }
  std::string sidecar_url() const { return file.url.with_secrets() + ".metadata"; }
  void put_sidecar(const std::string& text) {
    http.put(sidecar_url(), text, "binary/octet-stream");
    file.has_metadata = true;
    file.metadata_sha256 = Digest::of(metadata);
  }
  static void expect_demo(const Result<specs::CoreMetadata>& metadata) {
    ASSERT_TRUE(metadata) << metadata.error().text();
    EXPECT_EQ(metadata->name, "demo");
    EXPECT_EQ(metadata->version, "1.0+cu121");
    ASSERT_EQ(metadata->requires_dist.size(), 1u);
    EXPECT_EQ(metadata->requires_dist[0].name, "leaf");
  }
};

TEST_F(MetadataTest, IsReadOutOfTheWheelByOneSmallRequest) {
  IndexClient client(http, {.url = fakes::url(kIndex)});
  expect_demo(client.metadata(file));
  EXPECT_EQ(http.requests().size(), 1u);
  EXPECT_EQ(client.metadata_bytes(), 64u * 1024);
}

TEST_F(MetadataTest, TheSidecarIsEnough) {
  put_sidecar(metadata);
  IndexClient client(http, {.url = fakes::url(kIndex)});
  expect_demo(client.metadata(file));
  EXPECT_THAT(http.log(), ElementsAre("GET " + sidecar_url()));
  EXPECT_EQ(client.metadata_bytes(), metadata.size());
}

TEST_F(MetadataTest, ASidecarWithAnotherDigestIsAnError) {
  put_sidecar(metadata + "Requires-Dist: evil\n");
  file.metadata_sha256 = Digest::of("another METADATA");
  IndexClient client(http, {.url = fakes::url(kIndex)});
  EXPECT_EQ(error_text(client.metadata(file)),
            "error: " + sidecar_url() + " has the sha256 " + sha256_hex(metadata + "Requires-Dist: evil\n") +
                ", expected " + Digest::of("another METADATA").hex() +
                "\n  while reading the metadata of demo-1.0+cu121-py3-none-any.whl\n\n"
                "hint: the index and its files disagree; try again later, or use another mirror\n");
}

TEST_F(MetadataTest, ADamagedSidecarLeadsToTheWheel) {
  put_sidecar("");
  IndexClient client(http, {.url = fakes::url(kIndex)});
  expect_demo(client.metadata(file));
}

TEST_F(MetadataTest, AMissingSidecarLeadsToTheWheel) {
  put_sidecar(metadata);
  http.remove(sidecar_url());
  IndexClient client(http, {.url = fakes::url(kIndex)});
  expect_demo(client.metadata(file));
  EXPECT_EQ(http.requests().size(), 2u);
}

TEST_F(MetadataTest, IsKeptByDigestAndNotAskedForAgain) {
  const test::Scratch scratch;
  for (const bool sidecar : {false, true}) {
    if (sidecar) put_sidecar(metadata);
    http.forget_requests();
    IndexClient first(http, {.url = fakes::url(kIndex), .metadata_cache = {scratch / "metadata", &disk}});
    expect_demo(first.metadata(file));
    EXPECT_EQ(http.requests().size(), 1u);
    IndexClient second(http, {.url = fakes::url(kIndex), .metadata_cache = {scratch / "metadata", &disk}});
    expect_demo(second.metadata(file));
    EXPECT_EQ(http.requests().size(), 1u);
  }
}

TEST_F(MetadataTest, WhatIsKeptIsNotBelievedOfAnotherFile) {
  const test::Scratch scratch;
  IndexClient client(http, {.url = fakes::url(kIndex), .metadata_cache = {scratch / "metadata", &disk}});
  expect_demo(client.metadata(file));
  file.url = fakes::url("https://elsewhere.example/demo.whl");  // claims the same digest
  EXPECT_FALSE(client.metadata(file));
  file.sha256.reset();  // and without one nothing can be kept
  http.put(file.url.with_secrets(), MemoryAnswer{.body = bytes});
  http.forget_requests();
  expect_demo(client.metadata(file));
  expect_demo(client.metadata(file));
  EXPECT_EQ(http.requests().size(), 2u);
}

// Also without the digest of a sidecar.
TEST_F(MetadataTest, DamageInTheCacheIsNoticed) {
  for (const bool sidecar : {false, true}) {
    const test::Scratch scratch;
    if (sidecar) put_sidecar(metadata);
    IndexClient client(http, {.url = fakes::url(kIndex), .metadata_cache = {scratch.path(), &disk}});
    expect_demo(client.metadata(file));
    std::filesystem::path place;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path())) place = entry;
    const auto kept = read_file(place).value();
    for (const std::string& damaged :
         {kept + "Requires-Dist: evil\n", kept.substr(0, kept.size() - 10), metadata, std::string()}) {
      ASSERT_TRUE(write_file(place, damaged));
      expect_demo(client.metadata(file));
      EXPECT_EQ(read_file(place).value(), kept);
    }
  }
}

TEST_F(MetadataTest, OfALocalWheelComesFromTheDisk) {
  const test::Scratch scratch;
  ASSERT_TRUE(write_file(scratch / file.file_name, bytes));
  http.remove(kIndex + "/demo/");
  IndexClient client(http, {.url = fakes::url(kIndex), .find_links = {scratch.path().string()}});
  const auto page = client.page("demo");
  ASSERT_TRUE(page && *page);
  http.forget_requests();
  expect_demo(client.metadata((*page)->files.at(0)));
  EXPECT_THAT(http.requests(), IsEmpty());
  EXPECT_EQ(client.metadata_bytes(), 0u);
}

TEST_F(MetadataTest, MayLackTheLocalPartOfTheVersion) {
  spec.metadata = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n";
  http.put(file.url.with_secrets(), MemoryAnswer{.body = fakes::make_wheel(spec)});
  file.size.reset();
  IndexClient client(http, {.url = fakes::url(kIndex)});
  const auto metadata = client.metadata(file);
  ASSERT_TRUE(metadata) << metadata.error().text();
  EXPECT_EQ(metadata->version, "1.0");
}

TEST_F(MetadataTest, OfAnotherWheelIsAnError) {
  spec.metadata = "Metadata-Version: 2.1\nName: demo\nVersion: 2.0\n";
  http.put(file.url.with_secrets(), MemoryAnswer{.body = fakes::make_wheel(spec)});
  file.size.reset();
  IndexClient client(http, {.url = fakes::url(kIndex)});
  EXPECT_EQ(error_text(client.metadata(file)),
            "error: the metadata belongs to a different wheel: expected demo 1.0+cu121, found demo 2.0\n"
            "  while reading the metadata of demo-1.0+cu121-py3-none-any.whl\n");
}

TEST_F(MetadataTest, AWheelWithoutMetadataIsAnError) {
  const auto zip =
      fakes::make_zip({{"demo/__init__.py", "x"}, {"vendored/demo-1.0.dist-info/METADATA", metadata}});
  http.put(file.url.with_secrets(), MemoryAnswer{.body = zip});
  file.size = zip.size();
  IndexClient client(http, {.url = fakes::url(kIndex)});
  EXPECT_EQ(error_text(client.metadata(file)),
            "error: it has no demo-….dist-info/METADATA\n"
            "  while reading the zip https://files.example/demo-1.0%2Bcu121-py3-none-any.whl\n"
            "  while reading the metadata of demo-1.0+cu121-py3-none-any.whl\n\n"
            "hint: the file was damaged on the server or in transit; try again, or use another mirror\n");
}

TEST_F(MetadataTest, ManyComeInTheirOrderWithTheirOwnErrors) {
  IndexFile gone{.file_name = "gone-1.0-py3-none-any.whl",
                 .url = fakes::url("https://files.example/gone.whl")};
  IndexFile archive{.file_name = "demo-1.0.tar.gz",
                    .url = fakes::url("https://files.example/demo-1.0.tar.gz")};
  IndexClient client(http, {.url = fakes::url(kIndex)});
  const IndexFile files[] = {gone, file, archive};
  const auto results = client.metadata(files);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(error_text(results[0]),
            "error: https://files.example/gone.whl returned 404, expected a part of the file (206)\n"
            "  while reading the metadata of gone-1.0-py3-none-any.whl\n\n"
            "hint: the file is no longer on the index; lock again, or use a mirror that has it\n");
  expect_demo(results[1]);
  EXPECT_EQ(error_text(results[2]),
            "error: \"demo-1.0.tar.gz\" is not the name of a wheel: expected a name ending in \".whl\"\n"
            "  while reading the metadata of demo-1.0.tar.gz\n");
}

TEST_F(MetadataTest, CredentialsStayWithTheIndexsOwnPage) {
  http.put(kIndex + "/demo/", page_of("demo", entry("demo-1.0.zip")), kJson);
  IndexClient client(http, {.url = fakes::url("https://user:secret@pypi.example/simple")});
  const auto page = client.page("demo");
  EXPECT_EQ(http.requests().at(0).url, "https://user:secret@pypi.example/simple/demo/");
  EXPECT_EQ((*page)->files.at(0).url, "https://pypi.example/f/demo-1.0.zip") << "HttpClient adds them";
}

}  // namespace
}  // namespace launch::index
