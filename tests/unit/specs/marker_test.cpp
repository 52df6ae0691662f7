#include "specs/marker.hpp"

#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::specs {
namespace {

Marker marker(std::string_view text) {
  auto parsed = Marker::parse(text);
  if (!parsed) ADD_FAILURE() << parsed.error().text();
  return parsed ? *parsed : Marker::parse("os_name == ''").value();
}

MarkerEnvironment on(std::string_view python, std::string_view platform = "linux-x86_64") {
  return marker_environment(fakes::python(python), fakes::platform(platform));
}

bool holds(std::string_view text, const std::set<std::string>& extras = {},
           std::string_view python = "3.12") {
  return marker(text).evaluate(on(python), extras);
}

std::string error_of(std::string_view text) {
  const auto parsed = Marker::parse(text);
  return parsed ? "no error" : parsed.error().text();
}

TEST(MarkerEnvironment, IsThatOfACpythonOnLinux) {
  const auto environment = on("3.13t", "linux-aarch64");
  EXPECT_EQ(environment.python_version, "3.13");
  EXPECT_EQ(environment.python_full_version, "3.13.0");
  EXPECT_EQ(environment.implementation_version, "3.13.0");
  EXPECT_EQ(environment.platform_machine, "aarch64");
  EXPECT_EQ(environment.sys_platform, "linux");
}

TEST(Marker, ComparesVersionsAsVersionsAndStringsAsStrings) {
  EXPECT_TRUE(holds("python_version >= '3.9'"));  // as strings "3.12" < "3.9"
  EXPECT_TRUE(holds("python_version == '3.12.*'"));
  EXPECT_TRUE(holds("python_full_version < '3.12.1'"));
  EXPECT_TRUE(holds("'3.13' > python_version"));
  EXPECT_TRUE(holds("python_version in '3.11 3.12'"));
  EXPECT_TRUE(holds("sys_platform == 'linux' and platform_machine != 'aarch64'"));
  EXPECT_TRUE(holds("'lin' in sys_platform"));
  EXPECT_TRUE(holds("platform_system not in 'Windows Darwin'"));
  EXPECT_FALSE(holds("os_name < 'z'")) << "order has no meaning between strings";
  EXPECT_TRUE(holds("os_name >= 'posix'"));
}

TEST(Marker, IsNoErrorForWhatIsNoVersion) {
  // Real metadata of triton has this.
  EXPECT_TRUE(holds("python_version != '3.13t'", {}, "3.13t"));
  EXPECT_FALSE(holds("python_version == '3.13t'", {}, "3.13t"));
  EXPECT_FALSE(holds("python_version < '3.13t'"));
}

TEST(Marker, AndBindsCloserThanOr) {
  EXPECT_TRUE(holds("os_name == 'posix' or os_name == 'x' and os_name == 'y'"));
  EXPECT_FALSE(holds("(os_name == 'posix' or os_name == 'x') and os_name == 'y'"));
  EXPECT_TRUE(holds("os_name == 'y' and os_name == 'x' or os_name == 'posix'"));
}

TEST(Marker, AsksForExtras) {
  EXPECT_TRUE(holds("extra == 'Cuda_Extra'", {"cuda-extra"}));
  EXPECT_FALSE(holds("extra == 'cuda'"));
  EXPECT_TRUE(holds("extra == 'cuda'", {"all", "cuda"}));
  EXPECT_FALSE(holds("extra != 'cuda'", {"all", "cuda"}));
  EXPECT_TRUE(holds("extra != 'cuda'"));
  EXPECT_TRUE(holds("'cuda' in extras and 'all' not in extras", {"cuda"}));
  EXPECT_FALSE(holds("'cuda' in extras"));
  EXPECT_TRUE(marker("'Dev_Tools' in dependency_groups").evaluate(on("3.12"), {}, {"dev-tools"}));
  EXPECT_FALSE(marker("'dev' in dependency_groups").evaluate(on("3.12"), {"dev"}, {}));
  EXPECT_FALSE(holds("extras == 'cuda'", {"cuda"})) << "a set is no string";
}

TEST(Marker, WritesItselfNormalized) {
  EXPECT_EQ(marker("os.name=='posix'and((python_implementation  not  in 'PyPy'))").text(),
            "os_name == \"posix\" and platform_python_implementation not in \"PyPy\"");
  EXPECT_EQ(marker("extra=='A_b'").text(), "extra == \"a-b\"");
  EXPECT_EQ(marker("os_name == 'say \"x\"'").text(), "os_name == 'say \"x\"'");
  EXPECT_EQ(marker("(os_name == 'a' or os_name == 'b') and os_name == 'c'").text(),
            "(os_name == \"a\" or os_name == \"b\") and os_name == \"c\"");
}

TEST(Marker, SaysWhereItCannotBeRead) {
  EXPECT_EQ(error_of(""),
            "error: expected a marker variable such as python_version or a quoted string at column 1 of the "
            "marker \"\", "
            "found the end\n");
  EXPECT_EQ(
      error_of("python_versions > '3'"),
      "error: expected a marker variable such as python_version or a quoted string at column 1 of the marker "
      "\"python_versions > '3'\", found \"python_versions > '3'\"\n");
  EXPECT_EQ(error_of("os_name is 'x'"),
            "error: expected a comparison (<, <=, !=, ==, >=, >, ~=, ===, in, not in) at column 9 of the "
            "marker \"os_name is "
            "'x'\", found \"is 'x'\"\n");
  EXPECT_EQ(error_of("os_name == 'x"),
            "error: expected a string that ends with its quote and has no \"\\\" in it at column 12 of the "
            "marker \"os_name "
            "== 'x\", found \"'x\"\n");
  EXPECT_EQ(error_of("os_name == 'x' os_name == 'y'"),
            "error: expected \"and\", \"or\" or the end at column 16 of the marker \"os_name == 'x' os_name "
            "== 'y'\", found "
            "\"os_name == 'y'\"\n");
  EXPECT_EQ(error_of("(os_name == 'x'"),
            "error: expected \"and\", \"or\" or \")\" at column 16 of the marker \"(os_name == 'x'\", found "
            "the end\n");
}

TEST(Marker, LimitsNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "os_name == 'posix'" + std::string(depth, ')');
  };
  EXPECT_TRUE(holds(nested(64)));
  EXPECT_NE(error_of(nested(100'000)).find("expected no more than 64 nested \"(\" at column 65"),
            std::string::npos);
}

}  // namespace
}  // namespace launch::specs
