#include "project/site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/urls.hpp"
#include "project/pip_config.hpp"
#include "unit/base/scratch.hpp"

namespace launch::project {

bool operator==(const UrlSetting& a, const Setting& b) {
  return a.value == b.value && a.origin == b.origin;
}
void PrintTo(const UrlSetting& setting, std::ostream* out) {
  *out << setting.value.with_secrets() << " from " << setting.origin;
}
bool operator==(const Setting& a, const Setting& b) {
  return a.value == b.value && a.origin == b.origin;
}
void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.value << " from " << setting.origin;
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kDefault = "https://default.example/simple/";

TEST(PipConfig, InstallOverGlobal) {
  EXPECT_THAT(parse_pip_config("[global]\nindex-url = https://a.example/simple\ncert=/a.pem\n"
                               "[install]\nindex-url: https://b.example/simple\n[list]\nindex-url = x\n"),
              ElementsAre(Pair("cert", "/a.pem"), Pair("index-url", "https://b.example/simple")));
  EXPECT_THAT(parse_pip_config("[install]\nindex-url = b\n[global]\nindex-url = a\n"),
              ElementsAre(Pair("index-url", "b")));
}

TEST(PipConfig, AsConfigparserReadsIt) {
  EXPECT_THAT(
      parse_pip_config("# comment\r\n[global]\r\nIndex_URL = https://a.example/#x ; y\r\n; comment\r\n"),
      ElementsAre(Pair("index-url", "https://a.example/#x ; y")));
  const auto links =
      parse_pip_config("[global]\nfind-links =\n    /a\n    # not this\n    https://b.example/c\n");
  EXPECT_THAT(pip_words(links.at("find-links")), ElementsAre("/a", "https://b.example/c"));
}

TEST(PipConfig, NonsenseIsPassedOver) {
  EXPECT_THAT(parse_pip_config(""), IsEmpty());
  EXPECT_THAT(
      parse_pip_config("index-url = nowhere\n  x\n[global\nindex-url = a\n[global]\nno separator\n=a\n: b\n"),
      IsEmpty());
}

class SiteTest : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_file(scratch_.path() / name, text));
  }
  std::string path(const std::string& name) const { return (scratch_.path() / name).string(); }

  // Only what is below the scratch folder is read.
  Environment environment(std::map<std::string, std::string, std::less<>> more = {}) const {
    more.emplace("HOME", path("home"));
    more.emplace("PIP_CONFIG_FILE", "/dev/null");
    more.emplace("UV_NO_CONFIG", "1");
    return Environment(std::move(more));
  }
  Site site(std::map<std::string, std::string, std::less<>> variables = {}) const {
    auto loaded = load_site(scratch_.path() / "project", environment(std::move(variables)), kDefault);
    if (loaded) return *std::move(loaded);
    ADD_FAILURE() << loaded.error().text();
    return {};
  }
  std::string error() const {
    const auto loaded = load_site(scratch_.path() / "project", environment(), kDefault);
    return loaded ? "no error" : loaded.error().text();
  }

  test::Scratch scratch_;
};

TEST_F(SiteTest, Defaults) {
  const auto found = site();
  EXPECT_EQ(found.index_url, (Setting{"https://default.example/simple", "default"}));
  EXPECT_EQ(found.channel_url, (Setting{"https://download.pytorch.org/whl", "default"}));
  EXPECT_EQ(found.store, (Setting{path("home/.cache/launch/wheels"), "default"}));
  EXPECT_EQ(found.state, (Setting{path("home/.local/state/launch"), "default"}));
  EXPECT_EQ(found.cache, (Setting{path("home/.cache/launch/http"), "default"}));
  EXPECT_EQ(found.engine, std::nullopt);
  EXPECT_EQ(found.certificates, std::nullopt);
  EXPECT_THAT(found.find_links, IsEmpty());
  EXPECT_THAT(found.registries, IsEmpty());
}

TEST_F(SiteTest, TheArchiveOfDebianIsAnAddressWithBothPlaceholdersOrLive) {
  put("home/.config/launch/config.toml", "[apt]\ndebian = \"https://user.example/{date}/{archive}\"\n");
  EXPECT_EQ(site().debian_archive,
            (Setting{"https://user.example/{date}/{archive}", path("home/.config/launch/config.toml")}));
  put("project/launch.toml", "[apt]\ndebian = \"http://ours.example:8080/a/{archive}/{date}//\"\n");
  EXPECT_EQ(site().debian_archive, (Setting{"http://ours.example:8080/a/{archive}/{date}", "launch.toml"}));
  put("project/launch.toml", "[apt]\ndebian = \"live\"\n");
  EXPECT_EQ(site().debian_archive, (Setting{"live", "launch.toml"}));
}

TEST_F(SiteTest, VariableThenProjectThenUser) {
  put("home/.config/launch/config.toml",
      "engine = \"docker\"\n[index]\nurl = \"https://user.example/simple\"\n[channel]\nurl = "
      "\"http://user.example/whl/\"\n"
      "[store]\npath = \"~/store\"\n[state]\npath = \"state\"\n"
      "[[registry]]\nprefix = \"docker.io\"\nlocation = \"mirror.example:5000\"\n");
  const auto user = path("home/.config/launch/config.toml");
  auto found = site();
  EXPECT_EQ(found.index_url, (Setting{"https://user.example/simple", user}));
  EXPECT_EQ(found.channel_url, (Setting{"http://user.example/whl", user}));
  EXPECT_EQ(found.store, (Setting{path("home/store"), user}));
  EXPECT_EQ(found.state, (Setting{path("home/.config/launch/state"), user}));
  EXPECT_EQ(found.engine, (Setting{"docker", user}));

  put("project/launch.toml",
      "engine = \"podman\"\n[index]\nurl = \"https://project.example/simple\"\n[store]\npath = "
      "\"../wheels\"\n"
      "[[registry]]\nprefix = \"docker.io\"\nlocation = \"127.0.0.1:5000\"\ninsecure = true\n");
  found = site();
  EXPECT_EQ(found.index_url, (Setting{"https://project.example/simple", "launch.toml"}));
  EXPECT_EQ(found.channel_url, (Setting{"http://user.example/whl", user}));
  EXPECT_EQ(found.store, (Setting{path("wheels"), "launch.toml"}));
  EXPECT_EQ(found.engine, (Setting{"podman", "launch.toml"}));
  ASSERT_EQ(found.registries.size(), 2U);
  EXPECT_EQ(found.registries[0].location, "127.0.0.1:5000");
  EXPECT_TRUE(found.registries[0].insecure);
  EXPECT_EQ(found.registries[1].location, "mirror.example:5000");

  found = site({{"LAUNCH_INDEX_URL", "https://variable.example/simple"},
                {"LAUNCH_CHANNEL_URL", "http://127.0.0.1:1/whl"},
                {"LAUNCH_STORE", "/s"},
                {"LAUNCH_STATE", "/t"},
                {"LAUNCH_ENGINE", "docker"},
                {"PIP_INDEX_URL", "https://pip.example/simple"}});
  EXPECT_EQ(found.index_url, (Setting{"https://variable.example/simple", "LAUNCH_INDEX_URL"}));
  EXPECT_EQ(found.channel_url, (Setting{"http://127.0.0.1:1/whl", "LAUNCH_CHANNEL_URL"}));
  EXPECT_EQ(found.store, (Setting{"/s", "LAUNCH_STORE"}));
  EXPECT_EQ(found.state, (Setting{"/t", "LAUNCH_STATE"}));
  EXPECT_EQ(found.engine, (Setting{"docker", "LAUNCH_ENGINE"}));
}

TEST_F(SiteTest, AChannelMayBeATemplate) {
  const std::string mirror = "https://host.example/artifactory/api/pypi/pytorch-{cuda}-remote/simple";
  EXPECT_EQ(site({{"LAUNCH_CHANNEL_URL", mirror}}).channel_url, (Setting{mirror, "LAUNCH_CHANNEL_URL"}));
  const auto wrong = load_site(std::nullopt,
                               Environment({{"HOME", path("home")},
                                            {"PIP_CONFIG_FILE", "/dev/null"},
                                            {"UV_NO_CONFIG", "1"},
                                            {"LAUNCH_CHANNEL_URL", "https://host.example/{gpu}/simple"}}),
                               "https://pypi.example/simple");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().text(),
            "error: LAUNCH_CHANNEL_URL is \"https://host.example/{gpu}/simple\": unknown placeholder {gpu}, "
            "expected {cuda} or {channel}\n");
}

TEST_F(SiteTest, IndexOfPipAndUv) {
  put("pip.conf",
      "[global]\nindex-url = https://file.example/simple\ncert = /file.pem\nfind-links = /a /b\n");
  put("uv.toml",
      "[[index]]\nurl = \"https://other.example\"\n[[index]]\nurl = \"https://uv.example/simple\"\n"
      "default = true\n");
  const std::map<std::string, std::string, std::less<>> files = {
      {"PIP_CONFIG_FILE", path("pip.conf")}, {"UV_NO_CONFIG", "0"}, {"UV_CONFIG_FILE", path("uv.toml")}};
  auto found = site(files);
  EXPECT_EQ(found.index_url, (Setting{"https://file.example/simple", path("pip.conf")}));
  EXPECT_EQ(found.certificates, (Setting{"/file.pem", path("pip.conf")}));
  EXPECT_THAT(found.find_links,
              ElementsAre(Setting{"/a", path("pip.conf")}, Setting{"/b", path("pip.conf")}));

  auto variables = files;
  variables["UV_INDEX_URL"] = "https://uv-old.example/simple";
  EXPECT_EQ(site(variables).index_url, (Setting{"https://uv-old.example/simple", "UV_INDEX_URL"}));
  variables["UV_DEFAULT_INDEX"] = "mine=https://uv-variable.example/simple?a=b";
  EXPECT_EQ(site(variables).index_url,
            (Setting{"https://uv-variable.example/simple?a=b", "UV_DEFAULT_INDEX"}));
  variables["PIP_INDEX_URL"] = "https://variable.example/simple/";
  variables["PIP_CERT"] = "/variable.pem";
  variables["PIP_FIND_LINKS"] = "/c";
  found = site(variables);
  EXPECT_EQ(found.index_url, (Setting{"https://variable.example/simple", "PIP_INDEX_URL"}));
  EXPECT_EQ(found.certificates, (Setting{"/variable.pem", "PIP_CERT"}));
  EXPECT_THAT(found.find_links, ElementsAre(Setting{"/c", "PIP_FIND_LINKS"}));

  variables = files;
  variables["PIP_CONFIG_FILE"] = "/dev/null";
  EXPECT_EQ(site(variables).index_url, (Setting{"https://uv.example/simple", path("uv.toml")}));
  put("uv.toml", "[pip]\nindex-url = \"https://uv-pip.example\"\n");
  EXPECT_EQ(site(variables).index_url, (Setting{"https://uv-pip.example", path("uv.toml")}));
}

TEST_F(SiteTest, PipFilesInTheirOrder) {
  const auto index = [&](std::map<std::string, std::string, std::less<>> variables) {
    variables["HOME"] = path("home");
    variables["UV_NO_CONFIG"] = "1";
    return load_site(std::nullopt, Environment(std::move(variables)), kDefault)->index_url;
  };
  put("home/.pip/pip.conf", "[global]\nindex-url = https://legacy.example\n");
  EXPECT_EQ(index({}), (Setting{"https://legacy.example", path("home/.pip/pip.conf")}));
  put("home/.config/pip/pip.conf", "[global]\nindex-url = https://user.example\n");
  EXPECT_EQ(index({}), (Setting{"https://user.example", path("home/.config/pip/pip.conf")}));
  put("xdg/pip/pip.conf", "[global]\nindex-url = https://xdg.example\n");
  EXPECT_EQ(index({{"XDG_CONFIG_HOME", path("xdg")}}),
            (Setting{"https://xdg.example", path("xdg/pip/pip.conf")}));
  put("venv/pip.conf", "[global]\nindex-url = https://venv.example\n");
  EXPECT_EQ(index({{"VIRTUAL_ENV", path("venv")}}), (Setting{"https://venv.example", path("venv/pip.conf")}));
  put("named.conf", "[install]\nindex-url = https://named.example\n");
  EXPECT_EQ(index({{"VIRTUAL_ENV", path("venv")}, {"PIP_CONFIG_FILE", path("named.conf")}}),
            (Setting{"https://named.example", path("named.conf")}));
}

TEST_F(SiteTest, FurtherIndexesAreNamedAndTheProxyIsTaken) {
  constexpr const char* kWhy =
      " is ignored: a name comes from one index only; a recipe's [[index]] takes packages from another one";
  const auto pip = path("pip.conf");
  const auto uv = path("uv.toml");
  put("pip.conf",
      "[global]\nproxy = http://proxy.example:3128\nextra-index-url =\n  https://a.example/simple\n");
  put("uv.toml",
      "extra-index-url = [\"https://b.example/simple\"]\n"
      "[[index]]\nname = \"c\"\nurl = \"https://me:secret@c.example/simple\"\n"
      "[[index]]\nurl = \"https://d.example/simple\"\ndefault = true\n");
  const auto found = site({{"PIP_CONFIG_FILE", pip},
                           {"UV_NO_CONFIG", "0"},
                           {"UV_CONFIG_FILE", uv},
                           {"PIP_EXTRA_INDEX_URL", "https://e.example"}});
  EXPECT_EQ(found.index_url, (Setting{"https://d.example/simple", uv}));
  EXPECT_EQ(found.proxy, (Setting{"http://proxy.example:3128", pip}));
  EXPECT_THAT(found.ignored, ::testing::ElementsAre(std::string("PIP_EXTRA_INDEX_URL") + kWhy,
                                                    "extra-index-url in " + pip + kWhy,
                                                    "[[index]] https://c.example/simple in " + uv + kWhy,
                                                    "extra-index-url in " + uv + kWhy));
  put("uv.toml", "https-proxy = \"http://uv-proxy.example\"\n");
  EXPECT_EQ(site({{"UV_NO_CONFIG", "0"}, {"UV_CONFIG_FILE", uv}}).proxy,
            (Setting{"http://uv-proxy.example", uv}));
}

TEST_F(SiteTest, BrokenUvFileIsPassedOver) {
  put("uv.toml", "[[index\n");
  EXPECT_EQ(site({{"UV_NO_CONFIG", "0"}, {"UV_CONFIG_FILE", path("uv.toml")}}).index_url.origin, "default");
}

TEST_F(SiteTest, ErrorsNameTheFile) {
  put("project/launch.toml", "[index]\nur = \"x\"\n");
  EXPECT_EQ(error(),
            "error: launch.toml:2:1: [index] ur: unknown key; did you mean \"url\"?\n"
            "\n"
            "hint: valid keys: url\n");
  put("project/launch.toml", "[index]\nurl = \"pypi.example\"\n");
  EXPECT_EQ(error(),
            "error: launch.toml:2:7: [index] url: expected an https or http URL, found \"pypi.example\"\n");
  put("project/launch.toml", "engine = \"lxc\"\n");
  EXPECT_EQ(error(), "error: launch.toml:1:10: engine: expected \"podman\" or \"docker\", found \"lxc\"\n");
  put("project/launch.toml", "[[registry]]\nprefix = \"docker.io\"\n");
  EXPECT_EQ(error(),
            "error: launch.toml:1:1: [[registry]] location: expected HOST[:PORT][/PATH], such as "
            "\"mirror.example:5000\"\n");
  put("project/launch.toml", "[apt]\ndebian = \"http://me:secret@ours.example/{archive}/{date}\"\n");
  EXPECT_EQ(
      error(),
      "error: launch.toml:2:10: [apt] debian: expected http://HOST/archive/{archive}/{date} or \"live\", "
      "found \"http://ours.example/{archive}/{date}\"\n");
  put("project/launch.toml", "[store]\npath = \"\"\n");
  EXPECT_EQ(error(), "error: launch.toml:2:8: [store] path: expected a value, found \"\"\n");
  put("project/launch.toml", "");
  put("home/.config/launch/config.toml", "store = \"/x\"\n");
  EXPECT_EQ(error(), "error: " + path("home/.config/launch/config.toml") +
                         ":1:9: store: expected a table, found a string\n");
}

TEST_F(SiteTest, EngineVariableIsChecked) {
  const auto loaded = load_site(std::nullopt, environment({{"LAUNCH_ENGINE", "lxc"}}), kDefault);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().text(), "error: LAUNCH_ENGINE is \"lxc\", expected \"podman\" or \"docker\"\n");
}

}  // namespace
}  // namespace launch::project
