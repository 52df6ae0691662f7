#include "project/lockfile.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"

namespace launch::project {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kHint =
    "\nhint: locks are written by programs: regenerate it with `launch lock --upgrade` or the tool that made "
    "it\n";
const std::string kA(64, 'a');
const std::string kB(64, 'b');

specs::Version version(std::string_view text) {
  return *specs::Version::parse(text);
}

Lockfile sample() {
  LockedPackage torch;
  torch.name = "torch";
  torch.version = version("2.8.0.dev20250606+cu128");
  torch.index = "https://download.pytorch.org/whl/nightly/cu128";
  torch.dependencies = {"sympy", "filelock"};
  torch.wheels = {{.file_name = "torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_x86_64.whl",
                   .url = fakes::url("https://download.pytorch.org/whl/nightly/cu128/"
                                     "torch-2.8.0.dev20250606%2Bcu128-cp312-cp312-manylinux_2_28_x86_64.whl"),
                   .path = {},
                   .size = 1234567890,
                   .sha256 = Digest::of_hex(kB),
                   .upload_time = "2025-06-06T10:00:01.250000Z"},
                  {.file_name = "torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_aarch64.whl",
                   .url = {},
                   .path = "wheels/torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_aarch64.whl",
                   .size = 5,
                   .sha256 = Digest::of_hex(kA),
                   .upload_time = {}}};
  LockedPackage filelock;
  filelock.name = "filelock";
  filelock.version = version("3.18");
  filelock.marker = "platform_machine == \"x86_64\"";
  filelock.wheels = {{.file_name = "filelock-3.18-py3-none-any.whl",
                      .url = {},
                      .path = "wheels/filelock-3.18-py3-none-any.whl",
                      .size = 7,
                      .sha256 = Digest::of_hex(kA),
                      .upload_time = {}}};
  Lockfile lock;
  lock.requires_python = "==3.12.*";
  lock.environments = {"platform_machine == \"x86_64\" and sys_platform == \"linux\"",
                       "platform_machine == \"aarch64\" and sys_platform == \"linux\""};
  lock.packages = {torch, filelock};
  lock.provenance = {.recipe = Digest::of_hex(kB),
                     .channel = pytorch::Channel::nightly,
                     .cuda = fakes::accelerator("cu128"),
                     .cuda_version = "12.8.1",
                     .date = fakes::day("2025-06-06"),
                     .platforms = {fakes::x86(), fakes::arm()},
                     .base = BaseImage{.name = "docker.io/nvidia/cuda",
                                       .tag = "12.8.1-base-ubuntu24.04",
                                       .digest = Digest::of_hex(kA),
                                       .platforms = {{fakes::x86(), Digest::of_hex(kB).value()}},
                                       .driver_floor = "525.60.13",
                                       .distribution = "ubuntu 24.04",
                                       .snapshot = "20250606T100001Z",
                                       .archive = "http://a.example/archive/{archive}/{date}",
                                       .python = fakes::python("3.12")}};
  return lock;
}

const std::string kSampleText = R"(lock-version = "1.0"
environments = [
    "platform_machine == \"x86_64\" and sys_platform == \"linux\"",
    "platform_machine == \"aarch64\" and sys_platform == \"linux\"",
]
requires-python = "==3.12.*"
created-by = "launch"

[[packages]]
name = "filelock"
version = "3.18"
marker = "platform_machine == \"x86_64\""

[[packages.wheels]]
name = "filelock-3.18-py3-none-any.whl"
path = "wheels/filelock-3.18-py3-none-any.whl"
size = 7
hashes = { sha256 = ")" + kA + R"(" }

[[packages]]
name = "torch"
version = "2.8.0.dev20250606+cu128"
index = "https://download.pytorch.org/whl/nightly/cu128"
dependencies = [
    { name = "filelock" },
    { name = "sympy" },
]

[[packages.wheels]]
name = "torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_aarch64.whl"
path = "wheels/torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_aarch64.whl"
size = 5
hashes = { sha256 = ")" + kA + R"(" }

[[packages.wheels]]
name = "torch-2.8.0.dev20250606+cu128-cp312-cp312-manylinux_2_28_x86_64.whl"
upload-time = 2025-06-06T10:00:01.25Z
url = "https://download.pytorch.org/whl/nightly/cu128/torch-2.8.0.dev20250606%2Bcu128-cp312-cp312-manylinux_2_28_x86_64.whl"
size = 1234567890
hashes = { sha256 = ")" + kB + R"(" }

[tool.launch]
recipe-digest = "sha256:)" + kB +
                                R"("
channel = "nightly"
cuda = "cu128"
cuda-version = "12.8.1"
date = "2025-06-06"
platforms = [
    "linux-x86_64",
    "linux-aarch64",
]

[tool.launch.base]
image = "docker.io/nvidia/cuda"
tag = "12.8.1-base-ubuntu24.04"
digest = "sha256:)" + kA + R"("
driver-floor = "525.60.13"
distribution = "ubuntu 24.04"
snapshot = "20250606T100001Z"
archive = "http://a.example/archive/{archive}/{date}"
python = "3.12"

[tool.launch.base.platforms]
"linux/amd64" = "sha256:)" + kB +
                                R"("
)";

std::string error_of(std::string_view text) {
  const auto lock = parse_lockfile(text, "pylock.demo.toml");
  if (lock) return "no error";
  EXPECT_EQ(lock.error().kind(), ErrorKind::input);
  return lock.error().text();
}

std::string edited(std::string_view from, std::string_view to) {
  EXPECT_NE(kSampleText.find(from), std::string::npos) << from;
  return replace_all(kSampleText, from, to);
}

std::string edit_error(std::string_view from, std::string_view to) {
  return error_of(edited(from, to));
}

std::string with_hint(std::string_view message) {
  return "error: " + std::string(message) + "\n" + std::string(kHint);
}

TEST(Lockfile, IsWrittenInTheOrderOfTheStandard) {
  EXPECT_EQ(write_lockfile(sample()), kSampleText);
}

TEST(Lockfile, TextDoesNotDependOnTheOrderInMemory) {
  auto lock = sample();
  std::swap(lock.packages[0], lock.packages[1]);
  std::swap(lock.packages[1].wheels[0], lock.packages[1].wheels[1]);
  std::swap(lock.packages[1].dependencies[0], lock.packages[1].dependencies[1]);
  EXPECT_EQ(write_lockfile(lock), kSampleText);
}

TEST(Lockfile, RoundTrip) {
  const auto lock = parse_lockfile(kSampleText, "pylock.demo.toml");
  ASSERT_TRUE(lock) << lock.error().text();
  EXPECT_EQ(write_lockfile(*lock), kSampleText);
  ASSERT_EQ(lock->packages.size(), 2U);
  const auto& torch = lock->packages[1];
  EXPECT_EQ(torch.version, version("2.8.0.dev20250606+cu128"));
  EXPECT_THAT(torch.dependencies, ElementsAre("filelock", "sympy"));
  EXPECT_EQ(torch.wheels[1].size, 1234567890U);
  EXPECT_EQ(torch.wheels[1].upload_time, "2025-06-06T10:00:01.25Z");
  EXPECT_EQ(lock->provenance.recipe->hex(), kB);
  ASSERT_TRUE(lock->provenance.base);
  EXPECT_EQ(lock->provenance.base->platforms.at(fakes::x86()).hex(), kB);
}

TEST(Lockfile, WithoutPackagesIsALock) {
  const auto lock = parse_lockfile(write_lockfile({}), "pylock.toml");
  ASSERT_TRUE(lock) << lock.error().text();
  EXPECT_TRUE(lock->packages.empty());
}

TEST(Lockfile, TextsAreEscaped) {
  auto lock = sample();
  lock.packages[0].index = "https://pypi.example/\"\\\n\x7f";
  const auto text = write_lockfile(lock);
  EXPECT_THAT(text, ::testing::HasSubstr("index = \"https://pypi.example/\\\"\\\\\\u000A\\u007F\"\n"));
  const auto back = parse_lockfile(text, "pylock.toml");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->packages[1].index, lock.packages[0].index);
}

TEST(Lockfile, OnlyAUtcTimeIsWritten) {
  auto lock = sample();
  for (const auto* time : {"2025-06-06 10:00:01", "yesterday", "2025-06-06T10:00:01+02:00",
                           "2025-13-06T10:00:01Z", "2025-06-06T10:00:01Z\nsize = 1"}) {
    lock.packages[0].wheels[0].upload_time = time;
    EXPECT_THAT(write_lockfile(lock), ::testing::Not(::testing::HasSubstr("upload-time")));
  }
  lock.packages[0].wheels[0].upload_time = "2025-06-06T10:00:01+00:00";
  EXPECT_THAT(write_lockfile(lock), ::testing::HasSubstr("upload-time = 2025-06-06T10:00:01Z\n"));
}

TEST(Lockfile, OfUv) {
  const auto lock = parse_lockfile(R"TOML(# This file was autogenerated by uv
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "Num.Py"
version = "2.2.3+cpu"
index = "https://pypi.example/simple"
sdist = { url = "https://pypi.example/numpy-2.2.3.tar.gz", size = 3, hashes = { sha256 = "00" } }
wheels = [
    { url = "https://pypi.example/num_py-2.2.3%2Bcpu-cp312-cp312-win_amd64.whl?x=1#f", upload-time = 2025-02-13T16:51:21Z, size = 12626357, hashes = { sha256 = ")TOML" +
                                       std::string(64, 'A') + R"TOML(" } },
]
)TOML",
                                   "pylock.toml");
  ASSERT_TRUE(lock) << lock.error().text();
  ASSERT_EQ(lock->packages.size(), 1U);
  EXPECT_EQ(lock->packages[0].name, "num-py");
  EXPECT_EQ(lock->packages[0].wheels[0].file_name, "num_py-2.2.3+cpu-cp312-cp312-win_amd64.whl");
  EXPECT_EQ(lock->packages[0].wheels[0].sha256, fakes::digest('a'));
}

// pip lock writes neither size nor index.
TEST(Lockfile, OfPip) {
  const auto lock = parse_lockfile(R"TOML(lock-version = "1.0"
created-by = "pip"

[[packages]]
name = "idna"
version = "3.10"

[[packages.wheels]]
name = "idna-3.10-py3-none-any.whl"
url = "https://pypi.example/packages/idna-3.10-py3-none-any.whl"

[packages.wheels.hashes]
sha256 = ")TOML" + kA + "\"\n",
                                   "pylock.toml");
  ASSERT_TRUE(lock) << lock.error().text();
  EXPECT_EQ(lock->packages[0].wheels[0].size, 0U);
  EXPECT_EQ(lock->provenance.recipe, std::nullopt);
  EXPECT_THAT(write_lockfile(*lock), ::testing::Not(::testing::HasSubstr("size")));
}

/// Packages of other tools' locks that have no wheels.
constexpr std::string_view kSources = R"TOML(lock-version = "1.0"
created-by = "test"

[[packages]]
name = "rouge-score"
version = "0.1.2"
sdist = { url = "https://pypi.example/rouge_score-0.1.2.tar.gz", size = 17, hashes = { sha256 = "[A]" } }

[[packages]]
name = "zipped"
archive = { url = "https://me:secret@host.example/x/main.zip?a=b", subdirectory = "py", hashes = { sha256 = "[B]" } }

[[packages]]
name = "odd"
archive = { path = "archives/odd tarball", hashes = { sha256 = "[B]" } }

[[packages]]
name = "cloned"
version = "1.5"
vcs = { type = "git", url = "https://me:secret@host.example/cloned.git", requested-revision = "main", commit-id = "0123abcd", subdirectory = "py" }

[[packages]]
name = "local"
directory = { path = "../lib", editable = true, subdirectory = "py" }
)TOML";

std::string sources() {
  return replace_all(replace_all(std::string(kSources), "[A]", kA), "[B]", kB);
}

TEST(Lockfile, AnySource) {
  const auto lock = parse_lockfile(sources(), "pylock.toml", Accept::any_source);
  ASSERT_TRUE(lock) << lock.error().text();
  std::map<std::string, const LockedPackage*> by_name;
  for (const auto& package : lock->packages) by_name[package.name] = &package;
  const auto& sdist = *by_name.at("rouge-score")->sdist;
  EXPECT_EQ(sdist.file_name, "rouge_score-0.1.2.tar.gz");
  EXPECT_EQ(sdist.size, 17U);
  EXPECT_EQ(sdist.sha256, fakes::digest('a'));
  const auto& zipped = *by_name.at("zipped")->source;
  EXPECT_EQ(zipped.file->file_name, "zipped-main.zip") << "several packages may have a main.zip";
  EXPECT_EQ(zipped.where, "https://host.example/x/main.zip?a=b#subdirectory=py");
  EXPECT_EQ(by_name.at("zipped")->version.text(), "");
  EXPECT_EQ(by_name.at("odd")->source->file->file_name, "odd.archive");
  EXPECT_EQ(by_name.at("odd")->source->where, "archives/odd tarball");
  EXPECT_EQ(by_name.at("cloned")->source->where,
            "git+https://host.example/cloned.git@0123abcd#subdirectory=py");
  EXPECT_EQ(by_name.at("cloned")->version, version("1.5"));
  EXPECT_EQ(by_name.at("local")->source->where, "../lib/py");
}

TEST(Lockfile, ASourceArchiveIsWritten) {
  auto lock = sample();
  lock.packages[1].sdist = LockedFile{.file_name = "filelock-3.18.tar.gz",
                                      .url = fakes::url("https://pypi.example/filelock-3.18.tar.gz"),
                                      .path = {},
                                      .size = 9,
                                      .sha256 = Digest::of_hex(kB),
                                      .upload_time = {}};
  const auto text = write_lockfile(lock);
  EXPECT_THAT(text,
              ::testing::HasSubstr("marker = \"platform_machine == \\\"x86_64\\\"\"\n\n[packages.sdist]\n"
                                   "name = \"filelock-3.18.tar.gz\"\n"
                                   "url = \"https://pypi.example/filelock-3.18.tar.gz\"\nsize = 9\n"
                                   "hashes = { sha256 = \"" +
                                   kB + "\" }\n\n[[packages.wheels]]\n"));
  const auto back = parse_lockfile(text, "pylock.demo.toml");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(write_lockfile(*back), text);
}

TEST(LockfileError, Sources) {
  const auto error_with = [](std::string_view from, std::string_view to) {
    const auto text = replace_all(sources(), from, to);
    EXPECT_NE(text, sources()) << from;
    const auto lock = parse_lockfile(text, "pylock.demo.toml", Accept::any_source);
    return lock ? std::string("no error") : lock.error().text();
  };
  EXPECT_EQ(
      error_with("rouge_score-0.1.2.tar.gz", "bleu_score-0.1.2.tar.gz"),
      with_hint("pylock.demo.toml:7:17: [[packages]] sdist.url: expected a source archive of rouge-score, "
                "found \"bleu_score-0.1.2.tar.gz\""));
  EXPECT_EQ(
      error_with("sha256 = \"" + kA, "md5 = \"" + kA),
      with_hint("pylock.demo.toml:7:86: [[packages]] sdist.hashes: expected a sha256, but there is none"));
  EXPECT_EQ(
      error_with("commit-id = \"0123abcd\", ", ""),
      with_hint("pylock.demo.toml:20:7: [[packages]] vcs.commit-id: expected a commit, but it is missing"));
  EXPECT_EQ(
      error_with("path = \"../lib\", ", ""),
      with_hint("pylock.demo.toml:24:13: [[packages]] directory.path: expected the path of a folder, but it "
                "is missing"));
  EXPECT_EQ(
      error_with("version = \"1.5\"", "archive = { path = \"a.zip\", hashes = { sha256 = \"" + kA + "\" } }"),
      with_hint("pylock.demo.toml:20:7: [[packages]] vcs: cloned has another source as well"));
  EXPECT_EQ(
      error_with("directory = {", "tool = {"),
      with_hint("pylock.demo.toml:22:1: [[packages]] wheels: local has no wheels, source archive or other "
                "source"));
  EXPECT_EQ(
      error_of(sources()),
      with_hint("pylock.demo.toml:4:1: [[packages]] wheels: rouge-score has no wheel, and only wheels are "
                "installed"));
}

TEST(LockfileError, Version) {
  EXPECT_EQ(edit_error("lock-version = \"1.0\"", "lock-version = \"2.0\""),
            with_hint("pylock.demo.toml:1:16: lock-version: expected \"1.0\", found \"2.0\""));
  EXPECT_EQ(edit_error("lock-version = \"1.0\"\n", ""),
            with_hint("pylock.demo.toml:1:1: lock-version: expected \"1.0\", but it is missing"));
  EXPECT_EQ(edit_error("lock-version = \"1.0\"", "lock-version = 1.0"),
            with_hint("pylock.demo.toml:1:16: lock-version: expected a string, found a number"));
  EXPECT_EQ(edit_error("lock-version = \"1.0\"", "lock-version = \"1.1\""), "no error");
  EXPECT_EQ(edit_error("lock-version = \"1.0\"", "lock-version = \"1.x\""),
            with_hint("pylock.demo.toml:1:16: lock-version: expected \"1.0\", found \"1.x\""));
  EXPECT_EQ(
      edit_error("created-by = \"launch\"\n", ""),
      with_hint("pylock.demo.toml:1:1: created-by: expected the name of the program that wrote it, but it is "
                "missing"));
}

TEST(LockfileError, EditedByHand) {
  EXPECT_EQ(error_of(""),
            with_hint("pylock.demo.toml:1:1: lock-version: expected \"1.0\", but it is missing"));
  EXPECT_EQ(error_of("lock-version = \"1.0\"\ncreated-by = \"x\"\n"),
            with_hint("pylock.demo.toml:1:1: packages: expected an array of tables, but it is missing"));
  EXPECT_EQ(error_of("lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = [3]\n"),
            with_hint("pylock.demo.toml:3:13: packages: expected a table, found an integer"));
  EXPECT_EQ(error_of("hello"),
            with_hint("pylock.demo.toml:1:6: not TOML: Error while parsing key-value pair: "
                      "encountered end-of-file"));
  EXPECT_EQ(
      edit_error("name = \"filelock\"\n", ""),
      with_hint("pylock.demo.toml:9:1: [[packages]] name: expected a package's name, but it is missing"));
  EXPECT_EQ(
      edit_error("name = \"filelock\"\n", "name = \"../filelock\"\n"),
      with_hint(
          "pylock.demo.toml:10:8: [[packages]] name: expected a package's name, found \"../filelock\""));
  EXPECT_EQ(edit_error("name = \"filelock\"\n", "name = \"filelocks\"\n"),
            with_hint("pylock.demo.toml:15:8: [[packages]] wheels.name: expected a wheel of filelocks, found "
                      "\"filelock-3.18-py3-none-any.whl\""));
  EXPECT_EQ(
      edit_error("version = \"3.18\"", "version = \"3.19\""),
      with_hint("pylock.demo.toml:15:8: [[packages]] wheels.name: expected a wheel of filelock 3.19, found "
                "\"filelock-3.18-py3-none-any.whl\""));
  EXPECT_THAT(edit_error("version = \"3.18\"", "version = \"three\""),
              ::testing::StartsWith("error: pylock.demo.toml:11:11: [[packages]] version: "));
  EXPECT_THAT(edit_error("requires-python = \"==3.12.*\"", "requires-python = \"3.12\""),
              ::testing::StartsWith("error: pylock.demo.toml:6:19: requires-python: "));
  EXPECT_THAT(edit_error("marker = \"platform_machine ==", "marker = \"platform =="),
              ::testing::StartsWith("error: pylock.demo.toml:12:10: [[packages]] marker: "));
  EXPECT_THAT(edit_error("    \"platform_machine == \\\"aarch64", "    \"platform_machine is \\\"aarch64"),
              ::testing::StartsWith("error: pylock.demo.toml:4:5: environments: "));
}

TEST(LockfileError, Wheels) {
  const std::string hashes = "size = 7\nhashes = { sha256 = \"" + kA + "\" }\n";
  EXPECT_EQ(
      edit_error(hashes, "size = 7\n"),
      with_hint("pylock.demo.toml:14:1: [[packages]] wheels.hashes: expected a sha256, but there is none"));
  EXPECT_EQ(
      edit_error(hashes, "size = 7\nhashes = { md5 = \"00\" }\n"),
      with_hint("pylock.demo.toml:18:10: [[packages]] wheels.hashes: expected a sha256, but there is none"));
  EXPECT_EQ(
      edit_error(hashes, "size = 7\nhashes = { sha256 = \"abc\" }\n"),
      with_hint("pylock.demo.toml:18:21: [[packages]] wheels.hashes.sha256: expected 64 hex digits, found "
                "\"abc\""));
  EXPECT_EQ(
      edit_error("size = 7", "size = -7"),
      with_hint("pylock.demo.toml:17:8: [[packages]] wheels.size: expected a number of bytes, found -7"));
  EXPECT_EQ(
      edit_error("size = 7", "size = \"7\""),
      with_hint("pylock.demo.toml:17:8: [[packages]] wheels.size: expected an integer, found a string"));
  EXPECT_EQ(
      edit_error("path = \"wheels/filelock-3.18-py3-none-any.whl\"\n", ""),
      with_hint("pylock.demo.toml:14:1: [[packages]] wheels.url: expected a url or a path, but there is "
                "neither"));
  EXPECT_EQ(
      edit_error("url = \"https:", "url = \"gopher:"),
      with_hint("pylock.demo.toml:38:7: [[packages]] wheels.url: expected an https, http or file URL, found "
                "\"gopher://download.pytorch.org/whl/nightly/cu128/"
                "torch-2.8.0.dev20250606%2Bcu128-cp312-cp312-manylinux_2_28_x86_64.whl\""));
  EXPECT_EQ(edit_error("upload-time = 2025-06-06T10:00:01.25Z", "upload-time = \"today\""),
            with_hint("pylock.demo.toml:37:15: [[packages]] wheels.upload-time: expected a UTC time such as "
                      "2025-01-25T11:30:10Z, found a string"));
  EXPECT_EQ(edit_error("upload-time = 2025-06-06T10:00:01.25Z", "upload-time = 2025-06-06T10:00:01+02:00"),
            with_hint("pylock.demo.toml:37:15: [[packages]] wheels.upload-time: expected a UTC time such as "
                      "2025-01-25T11:30:10Z, found 2025-06-06T10:00:01+02:00"));
  EXPECT_EQ(
      error_of(
          "lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = [{ name = \"a\", version = \"1\" }]\n"),
      with_hint("pylock.demo.toml:3:13: [[packages]] wheels: a has no wheel, and only wheels are installed"));
}

TEST(LockfileError, TwoOfOneName) {
  const auto twice = [&](const std::string& marker) {
    return kSampleText + "[[packages]]\nname = \"filelock\"\nversion = \"3.18\"\nmarker = \"" + marker +
           "\"\n[[packages.wheels]]\nname = \"filelock-3.18-py3-none-any.whl\"\npath = \"x\"\nhashes = { "
           "sha256 "
           "= \"" +
           kA + "\" }\n";
  };
  EXPECT_EQ(error_of(twice("platform_machine == 'aarch64'")), "no error");
  EXPECT_EQ(error_of(twice("platform_machine == 'x86_64' and python_version < '3.12'")), "no error");
  EXPECT_EQ(error_of(twice("sys_platform == 'win32'")), "no error");
  EXPECT_EQ(error_of(twice("'dev' in dependency_groups")), "no error");
  EXPECT_EQ(
      error_of(twice("sys_platform == 'linux'")),
      with_hint("pylock.demo.toml:66:8: [[packages]] name: there are two packages \"filelock\" that may be "
                "installed together"));
}

TEST(LockfileError, Provenance) {
  EXPECT_EQ(edit_error("recipe-digest = \"sha256:" + kB, "recipe-digest = \"sha1:00"),
            with_hint("pylock.demo.toml:43:17: [tool] launch.recipe-digest: expected \"sha256:\" and 64 hex "
                      "digits, found "
                      "\"sha1:00\""));
  EXPECT_EQ(
      edit_error("tag = \"12.8.1-base-ubuntu24.04\"\n", ""),
      with_hint("pylock.demo.toml:53:1: [tool] launch.base.tag: expected an image's tag, but it is missing"));
  EXPECT_EQ(
      edit_error("\n[tool.launch.base]",
                 "\n[tool.launch.images]\nrender-digest = \"no\"\n[tool.launch.base]"),
      with_hint("pylock.demo.toml:54:17: [tool] launch.images.render-digest: expected \"sha256:\" and 64 hex "
                "digits, found \"no\""));
  EXPECT_EQ(
      edit_error("tag = \"12.8.1-base-ubuntu24.04\"", "tag = \"a\\nRUN touch /pwned\""),
      with_hint("pylock.demo.toml:54:9: [tool] launch.base.image: \"docker.io/nvidia/cuda:a\\x0aRUN touch "
                "/pwned\" is not an image reference: \"nvidia/cuda:a\\x0aRUN touch /pwned\" cannot be "
                "the name of an image (lower-case letters, digits, \".\", \"_\", \"-\" and \"/\")"));
  EXPECT_EQ(edit_error("tag = \"12.8.1-base-ubuntu24.04\"", "tag = \"12 \""),
            with_hint("pylock.demo.toml:54:9: [tool] launch.base.image: \"docker.io/nvidia/cuda:12 \" is not "
                      "an image reference: \"12 \" cannot be a tag"));
  EXPECT_EQ(edit_error("20250606T100001Z", "20250606T1000;ls"),
            with_hint("pylock.demo.toml:59:12: [tool] launch.base.snapshot: expected a time such as "
                      "\"20250606T080910Z\", found \"20250606T1000;ls\""));
  for (const std::string wrong :
       {"http://a.example/{archive}", "http://a.example/{date}", "/{archive}/{date}",
        "http://a.example/{archive}/{date}/", "http://a.example/{archive}/{date}/{x}",
        "http://a.example/{archive}/{date}';id;'", "http://u:p@a.example/{archive}/{date}",
        "ftp://a.example/{archive}/{date}", "http://a.example/{archive}/{date}#g"}) {
    EXPECT_EQ(edit_error("http://a.example/archive/{archive}/{date}", wrong),
              with_hint("pylock.demo.toml:60:11: [tool] launch.base.archive: expected "
                        "http://HOST/archive/{archive}/{date} or \"live\", found \"" +
                        wrong + "\""));
  }
  EXPECT_TRUE(
      parse_lockfile(edited("http://a.example/archive/{archive}/{date}", "live"), "pylock.demo.toml"));
  EXPECT_EQ(
      edit_error("\nsnapshot", "\nuser = \"$(id)\"\nsnapshot"),
      with_hint("pylock.demo.toml:59:8: [tool] launch.base.user: expected a user other than root, such as "
                "\"1000:1000\", found \"$(id)\""));
  EXPECT_EQ(
      edit_error("\"linux/amd64\" = \"sha256:", "\"linux/amd64\" = \""),
      with_hint(
          "pylock.demo.toml:64:17: [tool] launch.base.platforms.linux/amd64: expected \"sha256:\" and 64 "
          "hex digits, found \"" +
          kB + "\""));
}

TEST(LockfileError, CutOffAnywhereIsNoCrash) {
  for (std::size_t length = 0; length < kSampleText.size(); ++length) {
    const auto lock = parse_lockfile(std::string_view(kSampleText).substr(0, length), "pylock.demo.toml");
    EXPECT_THAT(lock ? "pylock.demo.toml:" : lock.error().message(),
                ::testing::StartsWith("pylock.demo.toml:"));
  }
}

TEST(LockfileError, AnyByteChangedIsNoCrash) {
  for (std::size_t at = 0; at < kSampleText.size(); ++at) {
    for (const char byte : {'\0', '"', '['}) {
      auto text = kSampleText;
      text[at] = byte;
      const auto lock = parse_lockfile(text, "pylock.demo.toml");
      EXPECT_THAT(lock ? "pylock.demo.toml:" : lock.error().message(),
                  ::testing::StartsWith("pylock.demo.toml:"));
    }
  }
}

TEST(LockDigest, LeavesOutTheDigestsOfImagesAtTheEnd) {
  auto lock = sample();
  const auto without = Digest::of(write_lockfile(lock));
  lock.provenance.images =
      ImageDigests{Digest::of("recipe"), {{fakes::x86(), {Digest::of("m"), Digest::of("c")}}}};
  const auto text = write_lockfile(lock);
  EXPECT_EQ(text, kSampleText + "\n[tool.launch.images]\nrender-digest = \"" + Digest::of("recipe").text() +
                      "\"\n\n[tool.launch.images.linux-x86_64]\nmanifest = \"" + Digest::of("m").text() +
                      "\"\nconfig = \"" + Digest::of("c").text() + "\"\n");
  const auto read = parse_lockfile(text, "pylock.demo.toml");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->provenance.images->platforms, lock.provenance.images->platforms);
  EXPECT_EQ(lock_digest(text, *read), without);
  EXPECT_EQ(lock_digest(kSampleText, sample()), without);
  for (const auto* more : {"# or so\n", "\n[[packages]]\nname = \"evil\"\n"})
    EXPECT_EQ(lock_digest(text + more, *read), Digest::of(text + more)) << "anything else counts";
}

TEST(LockDigest, IsTheSha256OfTheText) {
  EXPECT_EQ(lock_digest("abc", {}).text(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace launch::project
