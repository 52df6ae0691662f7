#include "index/simple_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/urls.hpp"

namespace launch::index {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const specs::Url kPage = fakes::url("https://pypi.example/simple/demo/");
const std::string kDigest(64, 'a');

std::string data(const std::string& name) {
  return read_file(std::string(LAUNCH_TEST_DATA) + "/index/" + name).value();
}

std::string html(const std::string& anchors) {
  return "<!DOCTYPE html><html><body>" + anchors + "</body></html>";
}

IndexFile one_html(const std::string& anchor) {
  auto page = parse_simple_html(html(anchor), kPage, "demo");
  EXPECT_TRUE(page) << page.error().text();
  EXPECT_EQ(page->files.size(), 1u);
  return page->files.at(0);
}

std::vector<std::string> names(const Result<ProjectPage>& page) {
  EXPECT_TRUE(page) << page.error().text();
  std::vector<std::string> names;
  for (const auto& file : page->files) names.push_back(file.file_name);
  return names;
}

std::string json(const std::string& files) {
  return R"({"meta": {"api-version": "1.1"}, "name": "demo", "files": [)" + files + "]}";
}

IndexFile one_json(const std::string& members) {
  auto page = parse_simple_json(
      json(R"({"filename": "demo-1.0-py3-none-any.whl", "url": "demo-1.0-py3-none-any.whl", )" + members +
           "}"),
      kPage, "demo");
  EXPECT_TRUE(page) << page.error().text();
  EXPECT_EQ(page->files.size(), 1u);
  return page->files.at(0);
}

constexpr const char* kBroken =
    "\n\nhint: try again; if that does not help, the index (or a proxy in front of it) is broken: open the "
    "address in a "
    "browser, "
    "or set another index (`launch doctor` shows where this one comes from)\n";

std::string broken(const std::string& message) {
  return "error: the page https://pypi.example/simple/demo/ is " + message + kBroken;
}

TEST(SimpleHtmlTest, ReadsTheChannelsNightlyPage) {
  const auto page =
      parse_simple_html(data("torch-nightly-cu126.html"),
                        fakes::url("https://channel.example/whl/nightly/cu126/torch/"), "torch");
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_EQ(page->name, "torch");
  ASSERT_EQ(page->files.size(), 6u);
  const auto& first = page->files[0];
  EXPECT_EQ(first.file_name, "torch-2.6.0.dev20250102+cu126-cp313-cp313-win_amd64.whl");
  EXPECT_EQ(
      first.url,
      "https://channel.example/whl/nightly/cu126/torch-2.6.0.dev20250102%2Bcu126-cp313-cp313-win_amd64.whl");
  EXPECT_FALSE(first.sha256);
  EXPECT_FALSE(first.has_metadata);
  const auto& last = page->files[5];
  EXPECT_EQ(last.file_name, "torch-2.6.0.dev20250103+cu126-cp310-cp310-linux_aarch64.whl");
  EXPECT_TRUE(last.has_metadata);
  EXPECT_EQ(last.metadata_sha256,
            Digest::of_hex("3217e3132055e58b637de9707757c7cc46317d928264f38baf9187c063f1fb34"));
}

TEST(SimpleHtmlTest, ReadsAReleasePageThatMixesHashesAndHosts) {
  const auto page = parse_simple_html(data("torch-cu128.html"),
                                      fakes::url("https://channel.example/whl/cu128/torch/"), "torch");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->files.size(), 3u);
  EXPECT_FALSE(page->files[0].sha256);
  EXPECT_EQ(page->files[1].sha256,
            Digest::of_hex("ac1849553ee673dfafb44c610c60cb60a2890f0e117f43599a526cf777eb8b8c"));
  EXPECT_EQ(page->files[1].url,
            "https://channel.example/whl/cu128/torch-2.7.0%2Bcu128-cp310-cp310-manylinux_2_28_x86_64.whl");
  EXPECT_EQ(
      page->files[2].url,
      "https://download-r2.pytorch.org/whl/cu128/torch-2.11.0%2Bcu128-cp310-cp310-manylinux_2_28_x86_64.whl");
}

TEST(SimpleHtmlTest, ReadsEveryAttribute) {
  const auto file = one_html("<a href='../../f/demo-1.0-py3-none-any.whl#sha256=" + std::string(64, 'A') +
                             "' data-requires-python='&gt;=3.8,&lt;4' data-yanked='broken &amp; bad' "
                             "data-core-metadata='true' data-dist-info-metadata='sha256=" +
                             kDigest + "' data-upload-time='2026-04-23T10:20:30.123Z'>demo</a>");
  EXPECT_EQ(file.url, "https://pypi.example/f/demo-1.0-py3-none-any.whl");
  EXPECT_EQ(file.sha256, Digest::of_hex(kDigest));
  EXPECT_EQ(file.requires_python, ">=3.8,<4");
  EXPECT_EQ(file.yanked, "broken & bad");
  EXPECT_TRUE(file.has_metadata);
  EXPECT_FALSE(file.metadata_sha256);  // data-core-metadata goes first (PEP 714)
  EXPECT_EQ(file.upload_time, "2026-04-23T10:20:30.123Z");
  EXPECT_FALSE(file.size);
}

TEST(SimpleHtmlTest, LeavesOutWhatItCannotBelieve) {
  const auto file = one_html(
      "<a href='demo-1.0-py3-none-any.whl#sha256=xyz&egg=demo' data-core-metadata='false' "
      "data-upload-time='yesterday'>demo</a>");
  EXPECT_FALSE(file.sha256);
  EXPECT_FALSE(file.has_metadata);
  EXPECT_FALSE(file.upload_time);
  EXPECT_FALSE(file.yanked);
}

TEST(SimpleHtmlTest, AnEmptyReasonIsStillYanked) {
  EXPECT_EQ(one_html("<a href='demo-1.0.tar.gz' data-yanked>demo</a>").yanked, "");
}

TEST(SimpleHtmlTest, LinksFollowTheBaseElement) {
  const auto page = parse_simple_html(
      "<!DOCTYPE html><html><head><base href='/mirror/'></head><body><a "
      "href='demo-1.0.zip'>x</a></body></html>",
      kPage, "demo");
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_EQ(page->files.at(0).url, "https://pypi.example/mirror/demo-1.0.zip");
}

TEST(SimpleHtmlTest, DropsWhatIsNoWheelOrArchiveOfTheProject) {
  const auto page = parse_simple_html(
      html("<a href='demo-1.0-py3-none-any.whl'>good</a> <a href='Demo-1.1.tar.gz'>good</a>"
           "<a href='demo-1.0.exe'>x</a> <a href='demo-1.0-py2.7.egg'>x</a> <a href='../'>up</a> <a "
           "name='x'>x</a>"
           "<a href='other-1.0-py3-none-any.whl'>x</a> <a href='demo-extra-1.0.tar.gz'>x</a>"
           "<a href='..%2F..%2Fdemo-1.0-py3-none-any.whl'>x</a> <a href='demo-1..0.tar.gz'>x</a>"
           "<a href='demo-1.0%00.tar.gz'>x</a> <a href='file:///etc/demo-1.0.tar.gz'>x</a>"
           "<a href='ftp://pypi.example/demo-1.0.tar.gz'>x</a> <a href='javascript:demo-1.0.tar.gz'>x</a>"),
      kPage, "demo");
  EXPECT_THAT(names(page), ElementsAre("demo-1.0-py3-none-any.whl", "Demo-1.1.tar.gz"));
}

TEST(DistributionTest, NamesThatNoFileCanHaveAreNone) {
  const auto of_size = [](std::size_t size) {
    return "a-1.tar.gz" + std::string(size - 17, '0') + ".tar.gz";
  };
  EXPECT_TRUE(is_distribution(of_size(255)));
  EXPECT_FALSE(is_distribution(of_size(256)));
  EXPECT_EQ(archive_version(std::string(300, 'a') + "-1.tar.gz"), std::nullopt);
  EXPECT_FALSE(is_distribution(std::string(252, 'a') + ".whl"));
}

TEST(SimpleHtmlTest, ProjectNamesAreNormalized) {
  const auto page =
      parse_simple_html(html("<a href='Python_DateUtil-2.8.tar.gz'>x</a><a href='python-dateutil-2.9.zip'>"
                             "x</a><a href='python_dateutil-2.9-py3-none-any.whl'>x</a>"),
                        kPage, "Python.DateUtil");
  EXPECT_EQ(page->name, "python-dateutil");
  EXPECT_EQ(names(page).size(), 3u);
}

TEST(SimpleHtmlTest, CredentialsOfThePageAreInNoLink) {
  const auto page = parse_simple_html(html("<a href='demo-1.0.zip'>x</a>"),
                                      fakes::url("https://user:secret@pypi.example/simple/demo/"), "demo");
  EXPECT_EQ(page->files.at(0).url, "https://pypi.example/simple/demo/demo-1.0.zip");
}

TEST(SimpleHtmlTest, SaysThatAPageIsCutOff) {
  const auto text = data("torch-cu128.html");
  for (const std::size_t size : {text.size() / 3, text.size() / 2, text.find("</html>")}) {
    const auto page = parse_simple_html(text.substr(0, size), kPage, "torch");
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().kind(), ErrorKind::environment);
    EXPECT_EQ(page.error().text(),
              broken("truncated: it ends after " + std::to_string(size) + " bytes without \"</html>\""));
  }
}

TEST(SimpleHtmlTest, APageWithoutHtmlElementMayEndAfterAnyTag) {
  EXPECT_THAT(names(parse_simple_html("<a href='demo-1.0.zip'>x</a>\n", kPage, "demo")),
              ElementsAre("demo-1.0.zip"));
  const auto page = parse_simple_html("<a href='demo-1.0.zip'>x</a>\n<a href='demo-1", kPage, "demo");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().text(), broken("truncated: it ends after 44 bytes without closing its last tag"));
}

TEST(SimpleHtmlTest, SaysThatItIsNoHtml) {
  for (const std::string text : {"", "hello",
                                 "\x7f"
                                 "ELF\x02",
                                 "{\"files\": []}"}) {
    const auto page = parse_simple_html(text, kPage, "demo");
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().text(), broken("not an index page: it is not HTML"));
  }
}

TEST(SimpleHtmlTest, ALoginPageIsNoIndexPage) {
  const std::string reason =
      "a web page, not an index page: it lists no files, but has a form or a script, as a login page does";
  for (const std::string content : {"<form action='/login'><a href='/help'>Help</a></form>",
                                    "<input name='user'>", "<script>location = '/login'</script>"}) {
    const auto page = parse_simple_html(html(content), kPage, "demo");
    ASSERT_FALSE(page) << content;
    EXPECT_EQ(page.error().kind(), ErrorKind::environment);
    EXPECT_EQ(page.error().text(), broken(reason));
  }
  EXPECT_THAT(names(parse_simple_html(html("<form></form><a href='demo-1.0.zip'>x</a>"), kPage, "demo")),
              ElementsAre("demo-1.0.zip"));
  EXPECT_THAT(names(parse_simple_html(html("<h1>Links for demo</h1>"), kPage, "demo")), IsEmpty());
}

TEST(SimpleHtmlTest, DeepNestingDoesNotOverflow) {
  std::string text = "<html>";
  for (int i = 0; i < 20'000; ++i) text += "<span>";
  EXPECT_THAT(names(parse_simple_html(text + "<a href='demo-1.0.zip'>x</a></html>", kPage, "demo")),
              ElementsAre("demo-1.0.zip"));
}

TEST(LinksTest, ALocalPageMayNameLocalFiles) {
  const auto files = parse_links(html("<a href='demo-1.0.zip'>x</a><a href='other-2.0.tar.gz'>y</a>"),
                                 fakes::url("file:///srv/wheels/index.html"));
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ(files->at(0).url, "file:///srv/wheels/demo-1.0.zip");
}

TEST(SimpleJsonTest, ReadsEveryMember) {
  const auto file = one_json(R"("hashes": {"sha256": ")" + kDigest + R"(", "md5": "x"}, "size": 1234,
      "requires-python": ">=3.8", "upload-time": "2026-04-23T10:20:30Z", "yanked": "bad",
      "core-metadata": {"sha256": ")" +
                             kDigest + R"("}, "dist-info-metadata": false)");
  EXPECT_EQ(file.url, "https://pypi.example/simple/demo/demo-1.0-py3-none-any.whl");
  EXPECT_EQ(file.sha256, Digest::of_hex(kDigest));
  EXPECT_EQ(file.size, 1234u);
  EXPECT_EQ(file.requires_python, ">=3.8");
  EXPECT_EQ(file.upload_time, "2026-04-23T10:20:30Z");
  EXPECT_EQ(file.yanked, "bad");
  EXPECT_TRUE(file.has_metadata);
  EXPECT_EQ(file.metadata_sha256, Digest::of_hex(kDigest));
}

TEST(SimpleJsonTest, NullFalseAndMissingAreNothing) {
  const auto file = one_json(R"("hashes": {}, "size": null, "requires-python": null, "upload-time": null,
      "yanked": false, "core-metadata": false)");
  EXPECT_FALSE(file.sha256);
  EXPECT_FALSE(file.size);
  EXPECT_FALSE(file.requires_python);
  EXPECT_FALSE(file.upload_time);
  EXPECT_FALSE(file.yanked);
  EXPECT_FALSE(file.has_metadata);
}

TEST(SimpleJsonTest, TrueMeansThereIsOne) {
  const auto file = one_json(R"("hashes": {}, "yanked": true, "dist-info-metadata": true)");
  EXPECT_EQ(file.yanked, "");
  EXPECT_TRUE(file.has_metadata);
  EXPECT_FALSE(file.metadata_sha256);
}

TEST(SimpleJsonTest, WrongTypesOfOptionalMembersAreNothing) {
  const auto file =
      one_json(R"("hashes": ["x"], "size": -5, "requires-python": 3, "yanked": {}, "upload-time": 7)");
  EXPECT_FALSE(file.sha256);
  EXPECT_FALSE(file.size);
  EXPECT_FALSE(file.requires_python);
  EXPECT_FALSE(file.yanked);
}

TEST(SimpleJsonTest, MembersComeInAnyOrderAndOthersAreNothing) {
  const auto page = parse_simple_json(
      R"({"versions": ["1.0", {"filename": "x"}], "files": [
            {"other": {"sha256": "x", "filename": ["y"]}, "url": "demo-1.0.zip", "filename": "demo-1.0.zip"},
            {"hashes": {"sha256": ")" +
          kDigest +
          R"("}, "more": [{"url": "x"}], "filename": "demo-2.0.zip", "size": 1, "url": "demo-2.0.zip",
             "dist-info-metadata": true, "core-metadata": null}],
          "name": "Demo", "alternate-locations": [], "meta": {"_last-serial": 7, "api-version": "1.3"}})",
      kPage, "demo");
  ASSERT_THAT(names(page), ElementsAre("demo-1.0.zip", "demo-2.0.zip"));
  EXPECT_EQ(page->files[0].sha256, std::nullopt);
  EXPECT_FALSE(page->files[0].has_metadata);
  EXPECT_EQ(page->files[1].sha256, Digest::of_hex(kDigest));
  EXPECT_EQ(page->files[1].size, 1u);
  EXPECT_TRUE(page->files[1].has_metadata) << "null is no answer";
}

TEST(SimpleJsonTest, DropsFilesThatCannotBeUsed) {
  const auto page = parse_simple_json(
      json(R"({"filename": "../demo-1.0.tar.gz", "url": "x"}, {"filename": "demo-1.0.exe", "url": "x"},
              {"filename": "demo-1.0.tar.gz", "url": "file:///etc/passwd"}, {"filename": "other-1.0.zip", "url": "x"},
              {"filename": "demo-1.0.zip", "url": "demo.zip"})"),
      kPage, "demo");
  EXPECT_THAT(names(page), ElementsAre("demo-1.0.zip"));
}

TEST(SimpleJsonTest, AnEmptyPageIsAPage) {
  EXPECT_THAT(names(parse_simple_json(json(""), kPage, "demo")), IsEmpty());
}

TEST(SimpleJsonTest, SaysWhereThePageIsBroken) {
  const auto whole = json(R"({"filename": "demo-1.0.zip", "url": "demo-1.0.zip"})");
  const std::pair<std::string, std::string> cases[] = {
      {whole.substr(0, 60), "truncated: its JSON ends after 60 bytes"},
      {"", "truncated: its JSON ends after 0 bytes"},
      {"<html>", "not an index page: its JSON is invalid at byte 1"},
      {whole + "}", "not an index page: its JSON is invalid at byte " + std::to_string(whole.size() + 1)},
      {"[]", "not an index page: its JSON is not an object"},
      {"{}", "not an index page: it has no \"meta\" with an \"api-version\""},
      {R"({"meta": {"api-version": "1.0"}})", "not an index page: it has no list \"files\""},
      {R"({"meta": {"api-version": "1.0"}, "name": "other", "files": []})",
       "for another project: expected \"demo\", found \"other\""},
      {json("7"), "not an index page: entry 1 of \"files\" is not an object"},
      {json(R"({"filename": "demo-1.0.zip", "url": "x"}, [{"filename": "y"}])"),
       "not an index page: entry 2 of \"files\" is not an object"},
      {json(R"({"url": "x"})"), "not an index page: entry 1 of \"files\" has no \"filename\""},
      {json(R"({"filename": "x", "url": null})"), "not an index page: entry 1 of \"files\" has no \"url\""},
  };
  for (const auto& [text, message] : cases) {
    const auto page = parse_simple_json(text, kPage, "demo");
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().text(), broken(message));
    EXPECT_EQ(page.error().kind(), ErrorKind::environment);
  }
}

TEST(SimpleJsonTest, RefusesALaterStandard) {
  const auto page = parse_simple_json(R"({"meta": {"api-version": "2.0"}, "files": []})", kPage, "demo");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().text(),
            "error: the page https://pypi.example/simple/demo/ has the api-version \"2.0\", expected 1.x\n\n"
            "hint: the index uses a later version of the standard; upgrade launch\n");
}

TEST(SimpleJsonTest, AMessageNamesNoCredentials) {
  const auto page =
      parse_simple_json("[]", fakes::url("https://user:secret@pypi.example/simple/demo/"), "demo");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().text().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace launch::index
