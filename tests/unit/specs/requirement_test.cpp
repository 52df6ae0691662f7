#include "specs/requirement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::specs {
namespace {

using testing::ElementsAre;

Requirement requirement(std::string_view text) {
  auto parsed = Requirement::parse(text);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed.value_or(Requirement());
}

std::string error_of(std::string_view text) {
  const auto parsed = Requirement::parse(text);
  return parsed ? "no error" : parsed.error().text();
}

TEST(Requirement, ReadsRealLines) {
  const auto cuda = requirement("cuda-toolkit[nvrtc,cudart,cupti]==13.0.2; platform_system == \"Linux\"");
  EXPECT_EQ(cuda.name, "cuda-toolkit");
  EXPECT_THAT(cuda.extras, ElementsAre("cudart", "cupti", "nvrtc"));
  EXPECT_EQ(cuda.specifier.text(), "==13.0.2");
  EXPECT_EQ(cuda.marker->text(), "platform_system == \"Linux\"");
  EXPECT_EQ(cuda.url, std::nullopt);

  EXPECT_EQ(requirement("numpy (<2,>=1.22) ; python_version<'3.12'").text(),
            "numpy<2,>=1.22; python_version < \"3.12\"");
  EXPECT_EQ(requirement("typing-extensions>=4.10.0").text(), "typing-extensions>=4.10.0");
  EXPECT_EQ(requirement(" Typing.Extensions [ A_b , c ] ").text(), "typing-extensions[a-b,c]");
  EXPECT_EQ(requirement("a[]").text(), "a");
  EXPECT_EQ(requirement("a ()").text(), "a");
}

TEST(Requirement, ReadsAddresses) {
  const auto pinned =
      requirement("torch @ https://pypi.example/torch-1.0.whl#sha256=00 ; os_name == 'posix'");
  EXPECT_EQ(pinned.url, "https://pypi.example/torch-1.0.whl#sha256=00");
  EXPECT_EQ(pinned.text(), "torch @ https://pypi.example/torch-1.0.whl#sha256=00 ; os_name == \"posix\"");
  EXPECT_EQ(requirement("a@file:///b;c").url, "file:///b;c") << "a \";\" without a space is the address's";
}

TEST(Requirement, TextReadsBackAsTheSame) {
  for (const auto* text :
       {"a", "a[x]>=1; extra == 'y'", "a @ file:///x ; os_name == 'b'", "a===w!1", "a!=1.*,>2"}) {
    const auto once = requirement(text).text();
    EXPECT_EQ(requirement(once).text(), once);
  }
}

TEST(Requirement, SaysWhereItCannotBeRead) {
  EXPECT_EQ(error_of(""),
            "error: expected a package name at column 1 of the requirement \"\", found the end\n");
  EXPECT_EQ(error_of("-e ."),
            "error: expected a package name at column 1 of the requirement \"-e .\", found \"-e .\"\n");
  EXPECT_EQ(error_of("torch 2.5"),
            "error: expected a version specifier, \";\" or the end at column 7 of the requirement \"torch "
            "2.5\", found "
            "\"2.5\"\n");
  EXPECT_EQ(
      error_of("torch_"),
      "error: expected a version specifier, \";\" or the end at column 6 of the requirement \"torch_\", "
      "found \"_\"\n");
  EXPECT_EQ(error_of("torch>=2 <3"),
            "error: expected \",\", \";\" or the end at column 10 of the requirement \"torch>=2 <3\", found "
            "\"<3\"\n");
  EXPECT_EQ(error_of("torch>=x"),
            "error: expected a number at column 1 of the version \"x\", found \"x\"\n"
            "  while reading the version specifier \">=x\"\n"
            "  while reading the requirement \"torch>=x\"\n");
  EXPECT_EQ(error_of("torch (>=2"),
            "error: expected \")\" to close the \"(\" at column 7, at column 11 of the requirement "
            "\"torch (>=2\", "
            "found the end\n");
  EXPECT_EQ(error_of("torch[a b]"),
            "error: expected \",\" or \"]\" after the name of an extra at column 9 of the requirement "
            "\"torch[a b]\", found "
            "\"b]\"\n");
  EXPECT_EQ(error_of("torch @ "),
            "error: expected a URL at column 9 of the requirement \"torch @ \", found the end\n");
  EXPECT_EQ(error_of("torch @ x\ny"),
            "error: expected a URL without control characters at column 9 of the requirement \"torch @ "
            "x\\x0ay\", found "
            "\"x\\x0ay\"\n");
  EXPECT_EQ(error_of("torch; python > '3'"),
            "error: expected a marker variable such as python_version or a quoted string at column 8 of the "
            "requirement "
            "\"torch; python > '3'\", found \"python > '3'\"\n");
  EXPECT_EQ(requirement(std::string(255, 'a') + "[" + std::string(255, 'b') + "]").name,
            std::string(255, 'a'));
  const std::string longer(256, 'a');
  EXPECT_TRUE(error_of(longer).starts_with(
      "error: expected a name of at most 255 characters at column 1 of the requirement \"" + longer +
      "\", found \"aaa"));
}

}  // namespace
}  // namespace launch::specs
