#include "image/context.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "image/left_out.hpp"
#include "image/scratch.hpp"
#include "unit/base/scratch.hpp"

namespace launch::image {
namespace {

fakes::FakeWork work;

namespace fs = std::filesystem;

TEST(Context, HasTheSameModesWhateverTheUmask) {
  const launch::test::Scratch scratch;
  ContextSpec spec;
  spec.python = fakes::python("3.12");
  spec.interpreter = "/usr/bin/python3.12";
  spec.absent = {"only-elsewhere"};
  const auto before = ::umask(0077);
  const auto written = write_context(scratch.path() / "context", spec, work);
  ::umask(before);
  ASSERT_TRUE(written);
  const auto context = scratch.path() / "context";
  const auto mode = [&](const char* path) {
    return static_cast<unsigned>(fs::status(context / path).permissions());
  };
  EXPECT_EQ(mode("Dockerfile"), 0644U);
  EXPECT_EQ(mode("venv/lib/python3.12/site-packages"), 0755U);
  EXPECT_EQ(mode("wheels/only-elsewhere"), 0755U);
  EXPECT_EQ(fs::read_symlink(context / "venv/bin/python3"), "/usr/bin/python3.12");
  EXPECT_EQ(read_file(context / "venv/pyvenv.cfg").value(),
            "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.12\n");
  EXPECT_EQ(left_out_folder("context", context), LeftOut::noted) << "it is not copied into the next image";
}

TEST(Context, OfAnUnsoundWheelNamesIt) {
  const launch::test::Scratch scratch;
  const auto wheel = scratch.path() / "bad-1.0-py3-none-any.whl";
  ASSERT_TRUE(write_file(wheel, "not a zip"));
  ContextSpec spec;
  spec.python = fakes::python("3.12");
  spec.interpreter = "/usr/bin/python3.12";
  spec.wheels = {{"bad", wheel}};
  EXPECT_EQ(write_context(scratch.path() / "context", spec, work).error().text(),
            "error: not a valid zip file: it has no end record; is it truncated?\n"
            "  while unpacking bad-1.0-py3-none-any.whl\n");
}

TEST(Context, TakesNoWheelThatALayerRefuses) {
  const std::string info = "bad-1.0.dist-info/";
  const auto refusal = [&](std::vector<fakes::ZipSource> files) {
    const launch::test::Scratch scratch;
    files.push_back({info + "METADATA", "Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n"});
    files.push_back({info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"});
    const auto wheel = scratch / "bad-1.0-py3-none-any.whl";
    EXPECT_TRUE(write_file(wheel, fakes::make_zip(files)));
    ContextSpec spec;
    spec.python = fakes::python("3.12");
    spec.interpreter = "/usr/bin/python3.12";
    spec.wheels = {{"bad", wheel}};
    const auto written = write_context(scratch / "context", spec, work);
    EXPECT_FALSE(fs::exists(scratch / "context/wheels/bad"));
    return written ? "accepted" : written.error().text();
  };
  const std::string intro = "error: the wheel cannot be installed: ";
  const std::string site = "lib/python3.12/site-packages/";
  const std::string step = "\n  while unpacking bad-1.0-py3-none-any.whl\n";
  EXPECT_EQ(refusal({{"link", "/etc/passwd", true, 0120777}}),
            intro + "\"link\" is a symbolic link; a wheel holds only files" + step);
  EXPECT_EQ(refusal({{"device", "", true, 0060644}}),
            intro + "\"device\" is not a regular file; a wheel holds only files" + step);
  EXPECT_EQ(refusal({{".wh.torch.py", ""}}),
            intro + "\"" + site +
                ".wh.torch.py\" would remove files of an image: names in it cannot start with .wh." + step);
  EXPECT_EQ(refusal({{"Foo.py", ""}, {"foo.py", ""}}),
            intro + "\"" + site + "Foo.py\" and \"" + site + "foo.py\" differ only in case" + step);
}

TEST(ScratchFolder, OfAKilledProcessIsRemovedByTheNext) {
  const launch::test::Scratch scratch;
  fs::create_directories(scratch.path() / "build-dead00/wheels");
  std::ofstream(scratch.path() / "build-dead00.lock").put('\n');
  fs::path mine;
  {
    const auto first = ScratchFolder::make(work.disk, scratch.path()).value();
    const auto second = ScratchFolder::make(work.disk, scratch.path()).value();
    mine = first.path();
    EXPECT_FALSE(fs::exists(scratch.path() / "build-dead00"));
    EXPECT_TRUE(fs::exists(first.path()));
    EXPECT_NE(first.path(), second.path());
  }
  EXPECT_FALSE(fs::exists(mine));
  EXPECT_FALSE(fs::exists(mine.string() + ".lock"));
}

}  // namespace
}  // namespace launch::image
