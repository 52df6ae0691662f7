#include "probe/wheel_source.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.hpp"
#include "fakes/files.hpp"
#include "fakes/memory_http.hpp"
#include "fakes/urls.hpp"
#include "fakes/wheel.hpp"

namespace launch::probe {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;

const std::string& wheel() {
  static const auto bytes =
      fakes::make_wheel({.name = "torch",
                         .version = "2.3.1",
                         .files = {{"torch/__init__.py", "x = 1\n"}, {"torch/a.py", "y"}}});
  return bytes;
}

class WheelSourceTest : public testing::Test {
 protected:
  WheelSourceTest()
      : file_(fs::temp_directory_path() / fmt::format("launch-test-wheel-{}.whl", ::getpid())) {}
  ~WheelSourceTest() override { fs::remove(file_); }
  fs::path file_;
};

TEST_F(WheelSourceTest, OnDisk) {
  ASSERT_TRUE(write_file(file_, wheel()));
  const auto source = *open_wheel(file_);
  EXPECT_THAT(source->files(), Contains("torch/a.py"));
  const std::vector<std::string> names = {"torch/a.py", "torch/__init__.py"};
  EXPECT_THAT(*source->read(names), ElementsAre("y", "x = 1\n"));
}

TEST_F(WheelSourceTest, DamagedOnDisk) {
  EXPECT_EQ(open_wheel(file_).error().kind(), ErrorKind::environment);
  ASSERT_TRUE(write_file(file_, "no zip"));
  const auto error = open_wheel(file_).error();
  EXPECT_EQ(error.kind(), ErrorKind::environment);
  EXPECT_THAT(error.text(), testing::HasSubstr("while opening " + file_.string()));
}

TEST_F(WheelSourceTest, OnAServer) {
  fakes::MemoryHttp http;
  http.put("http://pypi.example/torch.whl", wheel());
  const auto source = *open_wheel(http, fakes::url("http://pypi.example/torch.whl"), wheel().size());
  const std::vector<std::string> names = {"torch/__init__.py"};
  EXPECT_THAT(*source->read(names), ElementsAre("x = 1\n"));
}

}  // namespace
}  // namespace launch::probe
