#include "image/bytecode.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/zip.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/urls.hpp"
#include "fakes/values.hpp"
#include "image/scripts.hpp"
#include "unit/base/scratch.hpp"
#include "unit/image/compiling_runner.hpp"
#include "unit/project/fixture.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

ProcessOutcome outcome_of(int exit_code, std::string err = {}) {
  ProcessOutcome outcome;
  outcome.exit_code = exit_code;
  outcome.err = std::move(err);
  return outcome;
}

const std::string kSite = "lib/python3.12/site-packages/";

class BytecodeTest : public testing::Test {
 protected:
  BytecodeTest() { EXPECT_TRUE(write_file(archive_, test::interpreter_archive())); }

  store::LayerWheel wheel(const std::string& name, std::map<std::string, std::string> files) {
    const auto bytes = fakes::make_wheel({.name = name, .version = "1", .files = std::move(files)});
    return add(name + "-1-py3-none-any.whl", bytes);
  }
  store::LayerWheel add(const std::string& name, const std::string& bytes) {
    EXPECT_TRUE(write_file(scratch_ / name, bytes));
    return {Digest::of(bytes), store_.add(scratch_ / name, Digest::of(bytes), name).value()};
  }
  Compiler compiler(const std::string& python = "3.12", char digest = '1') {
    return {fakes::python(python), fakes::digest(digest), [this]() -> Result<fs::path> {
              ++fetched_;
              return archive_;
            }};
  }
  BytecodeTools tools() { return {store_, runner_, scratch_ / "contexts", world_}; }
  auto make(const std::vector<store::LayerWheel>& wheels) {
    return wheel_bytecode(wheels, compiler(), tools());
  }
  std::string failure(const std::vector<store::LayerWheel>& wheels) {
    const auto made = make(wheels);
    return made ? "made" : made.error().text();
  }
  /// The names in a zip.
  static std::vector<std::string> names(const store::LayerWheel& zip) {
    const auto bytes = read_file(zip.path).value();
    EXPECT_EQ(Digest::of(bytes), zip.digest);
    std::vector<std::string> out;
    const auto file = archive::ZipFile::open(bytes).value();
    for (const auto& entry : file.entries()) out.push_back(entry.name);
    return out;
  }

  launch::test::Scratch scratch_;
  fakes::FakeWork work_;
  const Work world_ = work_;
  store::Store store_ = store::Store::open(scratch_ / "store", work_).value();
  test::CompilingRunner runner_;
  fs::path archive_ = scratch_ / "cpython-3.12.4.tar.gz";
  int fetched_ = 0;
};

TEST_F(BytecodeTest, OfAWheelIsAZipInTheStore) {
  const auto one = wheel("one", {{"one/__init__.py", ""}, {"one/b.py", "x = 1\n"}, {"one/b.txt", ""}});
  const auto two = wheel("two", {{"two/__init__.py", ""}});
  const auto zips = make({one, two});
  ASSERT_TRUE(zips) << zips.error().text();
  ASSERT_EQ(zips->size(), 2U);
  EXPECT_THAT(names(zips->at(0).value()), ElementsAre(kSite + "one/__init__.pyc", kSite + "one/b.pyc"));
  EXPECT_THAT(names(zips->at(1).value()), ElementsAre(kSite + "two/__init__.pyc"));
  EXPECT_EQ(zips->at(0)->path, store_.path_of(zips->at(0)->digest, "one-1-py3-none-any.whl.bytecode.zip"));
  EXPECT_TRUE(store_.has(zips->at(0)->digest, "one-1-py3-none-any.whl.bytecode.zip"));
  for (const auto& left : fs::directory_iterator(scratch_ / "contexts"))
    EXPECT_FALSE(left.is_directory()) << left.path();
  EXPECT_EQ(fetched_, 1) << "one interpreter for all";
}

TEST_F(BytecodeTest, IsMadeByTheInterpreterOfTheLockAlone) {
  const auto one = wheel("one", {{"one/__init__.py", ""}});
  runner_.fault = [&](const ProcessSpec& spec) {
    EXPECT_EQ(read_file(spec.argv[0]).value_or(""), "program");
    EXPECT_EQ(read_file(spec.argv[4]).value_or(""), kCompileScript);
    EXPECT_EQ(spec.folder, fs::path(spec.argv[4]).parent_path());
    return ProcessOutcome{};
  };
  ASSERT_TRUE(make({one}));
  ASSERT_EQ(runner_.calls.size(), 1U);
  const auto& call = runner_.calls.front();
  EXPECT_TRUE(call.argv[0].ends_with("/python/bin/python3")) << call.argv[0];
  EXPECT_THAT(std::vector(call.argv.begin() + 1, call.argv.begin() + 4), ElementsAre("-s", "-S", "-B"));
  EXPECT_TRUE(call.clean) << "no variable of this machine reaches it";
  EXPECT_THAT(call.environment, ElementsAre(std::pair("PYTHONHASHSEED", "0"), std::pair("PYTHONUTF8", "1")));
  const auto& job = runner_.jobs.front();
  EXPECT_EQ(job["from"], one.path.string());
  EXPECT_EQ(job["prefix"], "/opt/venv");
  EXPECT_EQ(job["checked"], true);
}

/// An entry is named by its place in the wheel, since Python and launch may read its name differently.
TEST_F(BytecodeTest, CompilesWhatTheWheelInstallsAmongItsModules) {
  const auto bytes =
      fakes::make_zip({{"demo/z.py", "z"},
                       {"demo-1.data/scripts/tool.py", "#!python\n"},
                       {"demo-1.data/purelib/demo/a.py", "a"},
                       {"demo-1.data/data/share/x.py", "x"},
                       {"demo-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1\n"},
                       {"demo-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"},
                       {"demo-1.dist-info/RECORD", ""}});
  ASSERT_TRUE(make({add("demo-1-py3-none-any.whl", bytes)}));
  EXPECT_EQ(runner_.jobs.front()["files"],
            nlohmann::json::parse(R"([[2,"lib/python3.12/site-packages/demo/a.py"],
                                      [0,"lib/python3.12/site-packages/demo/z.py"]])"));
}

TEST_F(BytecodeTest, IsKnownAfterwardsWithoutTheWheel) {
  const auto one = wheel("one", {{"one/__init__.py", ""}});
  EXPECT_FALSE(known_wheel_bytecode(std::vector{one}, compiler(), store_));
  const auto made = make({one}).value();
  fs::remove(one.path);
  fs::remove(archive_);
  runner_.calls.clear();
  const auto known = known_wheel_bytecode(std::vector{one}, compiler(), store_);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->front()->digest, made.front()->digest);
  const auto again = make({one});
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->front()->digest, made.front()->digest);
  EXPECT_THAT(runner_.calls, IsEmpty());
  EXPECT_EQ(fetched_, 1);
}

TEST_F(BytecodeTest, OfAWheelWithoutPythonFilesIsNone) {
  const auto bytes =
      fakes::make_zip({{"demo-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1\n"},
                       {"demo-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"},
                       {"demo-1.dist-info/RECORD", ""}});
  const auto none = add("demo-1-py3-none-any.whl", bytes);
  EXPECT_EQ(make({none}).value().front().has_value(), false);
  runner_.calls.clear();
  const auto known = known_wheel_bytecode(std::vector{none}, compiler(), store_);
  ASSERT_TRUE(known);
  EXPECT_FALSE(known->front().has_value());
  EXPECT_TRUE(make({none}));
  EXPECT_THAT(runner_.calls, IsEmpty());
}

TEST_F(BytecodeTest, IsThatOfOneInterpreterAndOneWheel) {
  const auto one = wheel("one", {{"one/__init__.py", ""}});
  ASSERT_TRUE(make({one}));
  const std::vector wheels{one};
  EXPECT_TRUE(known_wheel_bytecode(wheels, compiler(), store_));
  EXPECT_FALSE(known_wheel_bytecode(wheels, compiler("3.12", '2'), store_)) << "another build";
  EXPECT_FALSE(known_wheel_bytecode(wheels, compiler("3.13"), store_)) << "another version";
  EXPECT_FALSE(
      known_wheel_bytecode(std::vector{wheel("one", {{"one/__init__.py", "x"}})}, compiler(), store_));
}

TEST_F(BytecodeTest, IsMadeAgainIfTheZipIsGone) {
  const auto one = wheel("one", {{"one/__init__.py", ""}});
  const auto made = make({one}).value().front().value();
  fs::remove(made.path);
  EXPECT_FALSE(known_wheel_bytecode(std::vector{one}, compiler(), store_));
  EXPECT_EQ(make({one}).value().front()->digest, made.digest);
  EXPECT_TRUE(fs::exists(made.path));
}

TEST_F(BytecodeTest, OfTheLibraryIsNotCompared) {
  const auto zip = library_bytecode(compiler(), tools());
  ASSERT_TRUE(zip) << zip.error().text();
  EXPECT_THAT(names(*zip), ElementsAre("lib/python3.12/a/b.pyc", "lib/python3.12/os.pyc"));
  const auto& job = runner_.jobs.front();
  EXPECT_EQ(job["prefix"], "/python");
  EXPECT_EQ(job["checked"], false);
  EXPECT_EQ(job["files"][0], nlohmann::json::parse(R"(["lib/python3.12/a/b.py","lib/python3.12/a/b.py"])"));
  EXPECT_EQ(zip->path.filename(), "python3.12.bytecode.zip");
  EXPECT_EQ(library_bytecode(compiler(), tools())->digest, zip->digest);
  EXPECT_EQ(runner_.calls.size(), 1U);
  EXPECT_EQ(fetched_, 1);
}

TEST_F(BytecodeTest, OfALibraryWithoutPythonFilesIsAnError) {
  ASSERT_TRUE(write_file(
      archive_, fakes::gzip(fakes::make_tar({{.name = "python/bin/python3", .mode = 0755},
                                             {.name = "python/lib/python3.12/x.txt", .content = "x"}}))));
  EXPECT_EQ(library_bytecode(compiler(), tools()).error().text(),
            "error: not a usable interpreter: its library has no Python files\n");
}

TEST_F(BytecodeTest, AFailureOfTheInterpreterIsAnError) {
  const auto one = wheel("one", {{"one/__init__.py", ""}});
  const std::string intro = "error: the interpreter of the lock could not compile ";
  runner_.fault = [](const ProcessSpec&) {
    return outcome_of(1, "Traceback (most recent call last):\n  …\nKeyError: 'x'\n\n");
  };
  EXPECT_EQ(failure({one}), intro + "one-1-py3-none-any.whl: KeyError: 'x'\n");
  EXPECT_EQ(library_bytecode(compiler(), tools()).error().text(), intro + "the library: KeyError: 'x'\n");
  runner_.fault = [](const ProcessSpec&) { return outcome_of(139); };
  EXPECT_EQ(failure({one}), intro + "one-1-py3-none-any.whl: it exited with code 139 and no message\n");
  runner_.fault = [](const ProcessSpec&) {
    auto stopped = outcome_of(143);
    stopped.cancelled = true;
    return stopped;
  };
  EXPECT_EQ(failure({one}), "error: stopped while compiling Python files\n");
  runner_.fault = {};
  EXPECT_EQ(failure({one}), "made") << "a failure is not kept";
}

TEST_F(BytecodeTest, AWheelThatIsNoneIsNamed) {
  EXPECT_EQ(failure({add("bad-1-py3-none-any.whl", fakes::make_zip({{"a.py", "x"}}))}),
            "error: the wheel cannot be installed: it has no .dist-info folder\n"
            "  while reading bad-1-py3-none-any.whl\n");
  ASSERT_TRUE(write_file(archive_, "plain"));
  EXPECT_EQ(failure({wheel("one", {{"one/__init__.py", ""}})}),
            "error: not a valid .tar.gz file: it is not compressed by gzip\n"
            "  while unpacking cpython-3.12.4.tar.gz\n");
}

TEST_F(BytecodeTest, OnAFullDiskIsNoJob) {
  const auto one = wheel("one", {{"one/__init__.py", ""}});
  work_.disk.set({"write", ".json", ENOSPC});
  const auto made = make({one});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(),
              testing::MatchesRegex("error: cannot write .*/contexts/build-[^/]*/0.json: "
                                    "No space left on device\n(\nhint: .*\n)?"));
  EXPECT_THAT(runner_.calls, IsEmpty());
}

TEST(CompilerOf, ALockIsItsArchiveForThisMachine) {
  auto lock = project::test::lock_of({}, project::test::base("ubuntu 24.04", "3.12"));
  const auto recipe =
      project::test::recipe("python = \"3.12\"\nplatforms = [\"linux-x86_64\"]\npackages = [\"numpy\"]\n");
  const auto own = specs::Platform::of_this_machine().value();
  project::PythonBuild build{fakes::python("3.12"), 4, {}};
  build.archives.insert({own, {fakes::url("https://pypi.example/a.tar.gz"), fakes::digest('7')}});
  lock.lock.provenance.interpreter = build;
  std::vector<specs::Platform> asked;
  const auto fetch = [&](const specs::Platform& platform) -> Result<fs::path> {
    asked.push_back(platform);
    return fs::path("a.tar.gz");
  };
  const auto compiler = compiler_of({recipe, lock}, fetch);
  ASSERT_TRUE(compiler) << compiler.error().text();
  EXPECT_EQ(compiler->archive, fakes::digest('7'));
  EXPECT_EQ(compiler->fetch().value(), "a.tar.gz");
  EXPECT_EQ(asked, std::vector{own});
  lock.lock.provenance.interpreter->archives.clear();
  EXPECT_EQ(
      compiler_of({recipe, lock}, fetch).error().text(),
      "error: the lock lockfiles/pylock.demo.toml has no Python 3.12.4 for this machine, which compiles "
      "the image's Python files\n\nhint: add " +
          own.text() + " to platforms in the recipe, and run `launch lock demo`\n");
}

}  // namespace
}  // namespace launch::image
