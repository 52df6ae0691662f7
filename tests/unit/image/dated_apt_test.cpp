#include "image/dated_apt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "fakes/fake_work.hpp"
#include "project/dated_archive.hpp"
#include "unit/base/scratch.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

const std::string kLive =
    "launch: warning: the versions of g++ depend on the day of the build: the lists of sources in the base "
    "image name a mirror or no dated archive\n";
const std::string kTime = "20250606T080910Z";

/// The names of Debian's own hosts are put together here, as no file of this project has them.
std::string sources(std::string_view text) {
  return replace_all(std::string(text), "DEBIAN", std::string("debian.") + "org");
}

/// What apt's steps do with the lists of sources of a base.
class DatedApt : public testing::Test {
 protected:
  void list(const std::string& name, std::string_view text) {
    const auto file = scratch_ / "etc" / "apt" / name;
    std::filesystem::create_directories(file.parent_path());
    ASSERT_TRUE(write_file(work_.disk, file, sources(text)));
  }
  /// What the script prints: apt-get prints the lists that it is given, its options and what it `says`, and
  /// ends with that code.
  std::string run(const std::string& distribution, const std::optional<std::string>& archive,
                  std::string_view says = "", int code = 0) {
    auto base = project::test::base(distribution, "3.11");
    base.archive = archive;
    base.snapshot = kTime;
    const auto steps = apt_steps(base, "g++");
    auto script = fmt::format(
        "apt-get() {{ local lists=/etc/apt; [[ ${{2-}} != -q || $* != *Dir::Etc=* ]] || lists=/tmp/apt; "
        "[[ $1 != update ]] || find $lists -type f ! -name said | sort | xargs cat; shift; echo apt \"$@\"; "
        "printf %s {}; return {}; }}; {}apt-get install{}; {}",
        shell_quote(says), code, join(steps.update, ""), steps.options, join(steps.after, ""));
    script = replace_all(replace_all(script, "/tmp/apt", (scratch_ / "tmp-apt").string()), "/etc/apt",
                         (scratch_ / "etc/apt").string());
    script = replace_all(script, "/etc/ssl/certs/ca-certificates.crt", (scratch_ / "certificates").string());
    const auto done =
        make_process_runner()->run({.argv = {"/bin/bash", "-euo", "pipefail", "-c", script}, .input = {}});
    if (!done) return done.error().text();
    auto out = replace_all(done->out + done->err, scratch_.path().string(), "");
    return done->exit_code == 0 ? out : fmt::format("{}exit {}\n", out, done->exit_code);
  }
  /// The lists that apt is given; all that is printed if they are not of the dated archive.
  std::string rewritten(const std::string& distribution, const std::optional<std::string>& archive = {}) {
    const auto out = run(distribution, archive);
    const auto end = out.find(
        "apt -q -oDir::Etc=/tmp-apt -oAcquire::Check-Valid-Until=false -oAcquire::https::Verify-Peer=false\n"
        "apt -oDir::Etc=/tmp-apt -oAcquire::Check-Valid-Until=false -oAcquire::https::Verify-Peer=false\n");
    return out.substr(0, end);
  }

  fakes::FakeWork work_;
  test::Scratch scratch_;
};

TEST_F(DatedApt, OnUbuntuIsOfItsSnapshotService) {
  list("sources.list",
       "deb http://archive.ubuntu.com/ubuntu/ jammy main\n"
       "deb [arch=amd64] https://de.archive.ubuntu.com/ubuntu jammy main\n"
       "deb http://security.ubuntu.com/ubuntu/ jammy-security main\n"
       "deb http://ports.ubuntu.com/ubuntu-ports/ jammy main\n"
       "URIs: http://us-east-1.ec2.archive.ubuntu.com/ubuntu http://security.ubuntu.com/ubuntu/\n"
       "deb http://archive.ubuntu.com/ubuntu-old/ jammy main\n"
       "deb http://mirror.example/ubuntu/ jammy main\n");
  EXPECT_EQ(rewritten("ubuntu 22.04"),
            "deb https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/ jammy main\n"
            "deb [arch=amd64] https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/ jammy main\n"
            "deb https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/ jammy-security main\n"
            "deb https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/ jammy main\n"
            "URIs: https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/ "
            "https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/\n"
            "deb http://archive.ubuntu.com/ubuntu-old/ jammy main\n"
            "deb http://mirror.example/ubuntu/ jammy main\n");
}

/// Lists as the official images of Debian 11, 12 and 13 and mirrors have them.
TEST_F(DatedApt, OnDebianIsOfTheArchiveThatTheLockNames) {
  const std::string rest =
      "# deb http://snapshot.DEBIAN/archive/debian/20260101T000000Z bookworm main\n"
      "deb http://archive.DEBIAN/debian-archive/debian bookworm main\n"
      "deb http://mirror.example/debian bookworm main\n"
      "URIs: http://deb.DEBIAN/debian-debug\n";
  list("sources.list",
       "deb http://deb.DEBIAN/debian bullseye main\n"
       "deb http://deb.DEBIAN/debian-security bullseye-security main\n"
       "deb [arch=amd64] https://security.DEBIAN/debian-security/ bullseye-security main\n"
       "deb http://ftp.de.DEBIAN/debian/ bullseye-updates main\n"
       "Types: deb\nURIs: http://deb.DEBIAN/debian\nSuites: bookworm bookworm-updates\n"
       "URIs: http://deb.DEBIAN/debian-security http://deb.DEBIAN/debian/\n" +
           rest);
  for (const auto* distribution : {"debian 12", "debian 13", ""}) {
    EXPECT_EQ(rewritten(distribution, "http://ours.example/archive/{archive}/{date}"),
              "deb http://ours.example/archive/debian/20250606T080910Z/ bullseye main\n"
              "deb http://ours.example/archive/debian-security/20250606T080910Z/ bullseye-security main\n"
              "deb [arch=amd64] http://ours.example/archive/debian-security/20250606T080910Z/ "
              "bullseye-security main\n"
              "deb http://ours.example/archive/debian/20250606T080910Z/ bullseye-updates main\n"
              "Types: deb\nURIs: http://ours.example/archive/debian/20250606T080910Z/\nSuites: bookworm "
              "bookworm-updates\n"
              "URIs: http://ours.example/archive/debian-security/20250606T080910Z/ "
              "http://ours.example/archive/debian/20250606T080910Z/\n" +
                  sources(rest));
  }
  EXPECT_THAT(rewritten("debian 12", "http://ours.example/{date}/{archive}"),
              testing::StartsWith("deb http://ours.example/20250606T080910Z/debian/ bullseye main\n"));
  EXPECT_THAT(rewritten("debian 12", "http://ours.example/at-{date}-{archive}"),
              testing::StartsWith("deb http://ours.example/at-20250606T080910Z-debian/ bullseye main\n"));
}

TEST_F(DatedApt, OnDebianIsOfTheArchiveThatTheBasesListsName) {
  const std::string image =  // as Debian's images have it
      "Types: deb\n# http://dated.example/archive/debian/20250520T000000Z\nURIs: http://deb.DEBIAN/debian\n"
      "Suites: bookworm bookworm-updates\n\n"
      "Types: deb\n# http://dated.example/archive/debian-security/20250520T000000Z\n"
      "URIs: http://deb.DEBIAN/debian-security\nSuites: bookworm-security\n";
  list("sources.list.d/debian.sources", image);
  list("sources.list.d/own.list", "deb http://deb.DEBIAN/debian bookworm-backports main\n");
  list("sources.list.d/third.sources", "URIs: https://packages.example/debian\n");
  list("keys.txt", "http://deb.DEBIAN/debian\n");
  const auto wanted = sources(
      "http://deb.DEBIAN/debian\n"
      "Types: deb\n# http://dated.example/archive/debian/20250520T000000Z\n"
      "URIs: http://dated.example/archive/debian/20250606T080910Z/\nSuites: bookworm bookworm-updates\n\n"
      "Types: deb\n# http://dated.example/archive/debian-security/20250520T000000Z\n"
      "URIs: http://dated.example/archive/debian-security/20250606T080910Z/\nSuites: bookworm-security\n"
      "deb http://dated.example/archive/debian/20250606T080910Z/ bookworm-backports main\n"
      "URIs: https://packages.example/debian\n");
  EXPECT_EQ(rewritten("debian 12"), wanted);
  EXPECT_EQ(rewritten(""), wanted) << "python:3.12-slim";
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "tmp-apt"));
  EXPECT_EQ(read_file(scratch_ / "etc/apt/sources.list.d/debian.sources").value(), sources(image));
}

TEST_F(DatedApt, ReadsTheCommentsOfOlderLists) {
  list("sources.list",
       "# deb [signed-by=/key] https://dated.example:8443/a/debian/20240101T000000Z bullseye main\n"
       "deb [signed-by=/key] http://deb.DEBIAN/debian bullseye main\n"
       "# deb https://dated.example:8443/a/debian-security/20240101T000000Z/ bullseye-security main\n"
       "deb http://deb.DEBIAN/debian-security bullseye-security main\n"
       "deb http://mirror.example/debian bullseye-updates main\n");
  EXPECT_EQ(rewritten("debian 12"),
            "# deb [signed-by=/key] https://dated.example:8443/a/debian/20240101T000000Z bullseye main\n"
            "deb [signed-by=/key] https://dated.example:8443/a/debian/20250606T080910Z/ bullseye main\n"
            "# deb https://dated.example:8443/a/debian-security/20240101T000000Z/ bullseye-security main\n"
            "deb https://dated.example:8443/a/debian-security/20250606T080910Z/ bullseye-security main\n"
            "deb http://mirror.example/debian bullseye-updates main\n");
}

/// A base's lists are used as they are, with a line that says so.
TEST_F(DatedApt, SaysWhereTheDayOfTheBuildDecides) {
  const std::string ours = "http://ours.example/archive/{archive}/{date}";
  struct Case {
    std::string distribution;
    std::optional<std::string> archive;
    std::string list;
  };
  for (const auto& [distribution, archive, text] : std::vector<Case>{
           {"debian 12", {}, "deb http://deb.DEBIAN/debian bookworm main\n"},
           {"debian 12",
            {},
            "# http://dated.example/archive/debian/20250606T080910Z\nURIs: http://mirror/debian\n"},
           {"debian 12", {}, "# http://dated.example/archive/debian/today\nURIs: http://deb.DEBIAN/debian\n"},
           {"debian 12", {}, "# http://a$(id);#x/debian/20250520T000000Z\nURIs: http://deb.DEBIAN/debian\n"},
           {"debian 12", ours, "deb http://mirror.example/debian bookworm main\n"},
           {"", {}, "deb http://archive.ubuntu.com/ubuntu noble main\n"},
           {"ubuntu 24.04", {}, "deb http://mirror.example/ubuntu noble main\n"},
       }) {
    list("sources.list", text);
    EXPECT_EQ(run(distribution, archive), kLive + sources(text) + "apt -q\napt\n");
  }
  std::filesystem::remove(scratch_ / "etc/apt/sources.list");
  EXPECT_EQ(run("debian 12", {}), kLive + "apt -q\napt\n") << "a base without lists";
}

TEST_F(DatedApt, TakesTheLiveArchiveIfTheLockSaysSo) {
  const std::string text =
      "# http://dated.example/archive/debian/20250520T000000Z\nURIs: http://deb.DEBIAN/debian\n";
  list("sources.list", text);
  EXPECT_EQ(run("debian 12", std::string(project::kLiveArchive)), sources(text) + "apt -q\napt\n");
}

/// As apt 2.6 and 3.0 say it of an archive that it cannot read; it goes on after the first.
TEST_F(DatedApt, EndsWithoutTheArchive) {
  list("sources.list",
       "# http://dated.example/archive/debian/20250520T000000Z\nURIs: http://deb.DEBIAN/debian\n");
  const auto end = [](const std::string& out) {
    const auto at = out.find("apt cannot read");
    return at == out.npos ? out : out.substr(at);
  };
  const std::string place = "http://dated.example/archive/debian/20250606T080910Z";
  const std::string wanted =
      "apt cannot read " + place +
      "\nlaunch: hint: under [apt] in launch.toml, set debian to a mirror of it "
      "(\"http://HOST/archive/{archive}/{date}\"), or to \"live\" for the versions of the day of the build; "
      "then run `launch lock RECIPE`\nexit 1\n";
  EXPECT_EQ(end(run("debian 12", {},
                    "W: Failed to fetch " + place +
                        "/dists/bookworm/InRelease  Could not connect to dated.example:80\n"
                        "W: Some index files failed to download. They have been ignored, or old ones used "
                        "instead.\n")),
            wanted);
  EXPECT_EQ(end(run("debian 12", {},
                    "E: Failed to fetch " + place + "/dists/bookworm/Release  404  Not Found\n" +
                        "E: The repository '" + place + " bookworm Release' does not have a Release file.\n",
                    100)),
            wanted);
  const std::string security = "http://dated.example/archive/debian-security/20250606T080910Z";
  EXPECT_THAT(end(run("debian 12", {},
                      "W: Failed to fetch " + place + "/dists/bookworm/InRelease  x\nW: Failed to fetch " +
                          security + "/dists/bookworm-security/InRelease  x\n")),
              testing::StartsWith("apt cannot read " + security + " and " + place + "\nlaunch: hint: "));
  list("sources.list", "deb http://archive.ubuntu.com/ubuntu/ noble main\n");
  EXPECT_EQ(end(run("ubuntu 24.04", {},
                    "W: Failed to fetch https://snapshot.ubuntu.com/ubuntu/20250606T080910Z/dists/noble/"
                    "InRelease  x\n")),
            "apt cannot read https://snapshot.ubuntu.com/ubuntu/20250606T080910Z\n"
            "launch: hint: check that containers of this machine reach it\nexit 1\n");
}

/// Of other archives, apt's own answer counts.
TEST_F(DatedApt, LeavesOtherArchivesToApt) {
  list("sources.list",
       "# http://dated.example/archive/debian/20250520T000000Z\nURIs: http://deb.DEBIAN/debian\n"
       "deb http://third.example/x y main\n");
  const std::string lost = "W: Failed to fetch http://third.example/x/dists/y/InRelease  no\n";
  EXPECT_THAT(run("debian 12", {}, lost), testing::EndsWith(lost));
  EXPECT_THAT(
      run("debian 12", {}, "E: The repository 'http://third.example/x y Release' is not signed.\n", 100),
      testing::AllOf(testing::EndsWith("is not signed.\nexit 100\n"),
                     testing::Not(testing::HasSubstr("apt -oDir"))));
  const std::string key =
      "W: http://dated.example/archive/debian/20250606T080910Z/dists/bookworm/InRelease: Key is stored in "
      "legacy trusted.gpg keyring\n";
  EXPECT_THAT(run("debian 12", {}, key), testing::EndsWith(key));
}

}  // namespace
}  // namespace launch::image
