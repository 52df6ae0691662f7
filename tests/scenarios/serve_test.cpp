#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "net/addresses.hpp"
#include "scenarios/standalone_demo.hpp"

namespace launch::scenarios {
namespace {

using testing::HasSubstr;

class Serve : public ::testing::Test {
 protected:
  Serve() { EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0); }

  StandaloneDemo demo_;
};

TEST_F(Serve, IsARegistryUntilItIsStopped) {
  const auto digest = demo_.scenario.launch({"build", "demo", "--digest"});
  ASSERT_EQ(digest.code, 0) << digest.err;
  const auto served =
      demo_.scenario.run({"bash", "-c", R"(set -m; "$1" serve demo >out 2>err & launch=$!; set +m
while [[ ! -s out ]] && kill -0 $launch; do sleep 0.02; done
read reference <out
port=${reference#127.0.0.1:} port=${port%%/*}
exec 3<>/dev/tcp/127.0.0.1/$port
printf 'GET /v2/launch/demo/manifests/latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
cat <&3
kill -INT $launch
wait $launch
code=$?
sed "s/:$port/:PORT/" out err >&2
exit $code)",
                          "bash", LAUNCH_PROGRAM});
  EXPECT_EQ(served.code, 130) << served.err;
  EXPECT_THAT(served.out, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(served.out, HasSubstr("\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\""));
  const auto end = digest.out.find("sha256:");
  ASSERT_NE(end, std::string::npos) << digest.out;
  EXPECT_THAT(served.err, testing::StartsWith("127.0.0.1:PORT/launch/demo:latest@" + digest.out.substr(end)));
  EXPECT_THAT(served.err, HasSubstr("serving demo as 127.0.0.1:PORT/launch/demo:latest\n"));
}

TEST_F(Serve, AllAddressesAreShownAsThoseOfThisMachine) {
  const auto served = demo_.scenario.run(
      {"bash", "-c", R"(set -m; "$1" serve demo --listen 0.0.0.0:0 >out 2>err & launch=$!; set +m
while [[ ! -s out ]] && kill -0 $launch; do sleep 0.02; done
kill -INT $launch
wait $launch
cat out; cat err >&2)",
       "bash", LAUNCH_PROGRAM});
  std::smatch match;
  ASSERT_TRUE(std::regex_search(
      served.err, match,
      std::regex("^warning: whoever can reach 0\\.0\\.0\\.0:([1-9][0-9]*) can pull these images: there is no "
                 "password and no TLS\nserving demo as (.*)/launch/demo:latest\n")))
      << served.err;
  auto known = net::addresses_behind("0.0.0.0");
  if (known.empty()) known = {"0.0.0.0"};
  for (auto& address : known) address += ":" + match[1].str();
  EXPECT_EQ(match[2], known.front());
  EXPECT_THAT(served.out, testing::StartsWith(known.front() + "/launch/demo:latest@sha256:"));
  known.erase(known.begin());
  const auto more = known.empty() ? "" : "this machine is also " + join_words(known) + "\n";
  EXPECT_THAT(served.err, HasSubstr("/launch/demo:latest\n" + more));
}

TEST_F(Serve, WantsAnAddress) {
  for (const std::string address : {"", ":5000", "localhost:5000", "registry.example",
                                    "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "[::1", "[::1]x"}) {
    const auto done = demo_.launch({"serve", "demo", "--listen", address});
    EXPECT_EQ(done.code, 2) << address;
    EXPECT_EQ(done.err,
              fmt::format("error: --listen \"{}\": expected an IP address, and perhaps a port, such as "
                          "127.0.0.1:5000 or [::1]:5000\n",
                          address));
  }
}

TEST_F(Serve, ServesEachRecipeOnce) {
  const auto done = demo_.launch({"serve", "demo", "recipes/demo.toml"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("error: two of the recipes would be served as launch/demo\n"));
}

TEST_F(Serve, NeedsAnImageWithAPythonOfItsOwn) {
  demo_.recipe();
  EXPECT_EQ(demo_.launch({"lock", "demo"}).code, 0);
  const auto done = demo_.launch({"serve", "demo"});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(
      done.err,
      "error: the digest of the image of demo is known only once an engine has built it: its Python is "
      "that of the base image or its distribution\n\nhint: remove python = \"base\" from [image], and run "
      "`launch lock demo`\n");
}

}  // namespace
}  // namespace launch::scenarios
