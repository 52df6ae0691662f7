#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "scenarios/demo_project.hpp"

namespace launch::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPassword = "open-sesame";
constexpr const char* kAuthorization = "Basic YWxpOm9wZW4tc2VzYW1l";  // ali:open-sesame

/// The address with a user and a password in it.
std::string with_password(const std::string& url, const std::string& password = kPassword) {
  return replace_all(url, "http://", "http://ali:" + password + "@");
}

/// An index and a channel that require the password, which is in their configured addresses
/// and nowhere else.
class Password : public ::testing::Test {
 protected:
  Password() {
    demo_.index.server().require(kAuthorization);
    demo_.scenario.set("LAUNCH_INDEX_URL", with_password(demo_.index.url()));
    channel_.server().require(kAuthorization);
    channel_.add({.name = "torch", .version = "2.9.0.dev20250604+cpu"});
    demo_.scenario.set("LAUNCH_CHANNEL_URL", with_password(channel_.server().url()));
    demo_.scenario.write(
        "recipes/urls.toml",
        "python = \"3.11\"\n[torch]\nchannel = \"index\"\npackages = [\"torch\"]\n"
        "[lock]\nwheels = \"url\"\n[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n");
    demo_.scenario.write("recipes/nightly.toml",
                         "python = \"3.11\"\n[torch]\nchannel = \"nightly\"\ncuda = \"cpu\"\n"
                         "packages = [\"torch\"]\n[lock]\nwheels = \"url\"\n"
                         "[image]\npython = \"base\"\nfrom = \"docker.io/library/debian:12\"\n");
  }

  static void expect_no_password(const std::string& text, const std::string& what) {
    for (const auto* secret : {kPassword, "YWxpOm9wZW4tc2VzYW1l"})
      EXPECT_THAT(text, Not(HasSubstr(secret))) << what;
  }
  /// Runs a command that must not show the password.
  Outcome launch(const std::vector<std::string>& arguments) {
    auto done = demo_.scenario.launch(arguments);
    expect_no_password(done.out, "output of " + arguments[0]);
    expect_no_password(done.err, "messages of " + arguments[0]);
    return done;
  }

  DemoProject demo_;
  fakes::IndexServer channel_{{.json = false, .missing = 403, .root = "/nightly/cpu"}};
};

TEST_F(Password, OfAnIndexServesTheFilesThatALockNames) {
  ASSERT_EQ(launch({"lock", "urls"}).code, 0);
  demo_.index.server().forget_requests();
  const auto done = launch({"fetch", "urls"});
  EXPECT_EQ(done.code, 0) << done.err;
  const auto requests = demo_.index.server().requests();
  ASSERT_EQ(requests.size(), 1U) << "the page would have told the password again";
  EXPECT_EQ(requests[0].path, "/files/torch-2.3.1-py3-none-any.whl");
}

TEST_F(Password, OfAChannelServesTheFilesThatALockNames) {
  ASSERT_EQ(launch({"lock", "nightly"}).code, 0);
  channel_.server().forget_requests();
  const auto done = launch({"fetch", "nightly"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(channel_.server().requests().size(), 1U);
}

TEST_F(Password, IsShownAndKeptNowhere) {
  for (const std::string recipe : {"demo", "urls", "nightly"}) {
    EXPECT_EQ(launch({"lock", recipe, "--verbose"}).code, 0);
    EXPECT_EQ(launch({"fetch", recipe, "--verbose", "--json"}).code, 0);
  }
  EXPECT_EQ(launch({"check", "demo", "--verbose", "--json"}).code, 0);
  EXPECT_EQ(launch({"build", "demo", "--verbose"}).code, 0);
  EXPECT_EQ(launch({"train", "demo", "--verbose"}).code, 0);
  EXPECT_EQ(launch({"runs", "--json"}).code, 0);
  launch({"doctor", "--json"});
  const auto files = demo_.scenario.files();
  EXPECT_TRUE(std::ranges::any_of(files, [](const auto& file) { return file.first.ends_with("run.json"); }));
  for (const auto& [name, content] : files) expect_no_password(content, name);
}

TEST_F(Password, ThatIsWrongIsNotShownEither) {
  ASSERT_EQ(launch({"lock", "urls"}).code, 0);
  demo_.scenario.set("LAUNCH_INDEX_URL", with_password(demo_.index.url(), "wrong-" + std::string(kPassword)));
  const auto done = launch({"fetch", "urls"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err, fmt::format("error: cannot download {}: the server answered 401\n"
                                  "  while fetching torch-2.3.1-py3-none-any.whl\n"
                                  "\n"
                                  "hint: add the user and password of that host to ~/.netrc\n",
                                  demo_.index.file_url("torch-2.3.1-py3-none-any.whl")));
}

}  // namespace
}  // namespace launch::scenarios
