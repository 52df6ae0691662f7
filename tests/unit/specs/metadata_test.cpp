#include "specs/metadata.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "specs/headers.hpp"
#include "specs/interpreter.hpp"
#include "specs/name.hpp"

namespace launch::specs {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Headers, AreReadUpToTheFirstEmptyLine) {
  const auto headers = parse_headers(
      "\xef\xbb\xbfMetadata-Version: 2.1\r\n"
      "NAME:torch\n"
      "License: BSD\n"
      "        3-Clause\n"
      "\tmore\n"
      "not a header\n"
      "  and what follows it\n"
      "Empty:\n"
      "\n"
      "Version: of the description\n");
  ASSERT_THAT(headers, SizeIs(4));
  EXPECT_EQ(headers[0].name + "=" + headers[0].value, "metadata-version=2.1");
  EXPECT_EQ(headers[1].name + "=" + headers[1].value, "name=torch");
  EXPECT_EQ(headers[2].name + "=" + headers[2].value, "license=BSD\n3-Clause\nmore");
  EXPECT_EQ(headers[3].name + "=" + headers[3].value, "empty=");
  EXPECT_THAT(parse_headers(""), IsEmpty());
}

TEST(Metadata, ReadsWhatResolvingNeeds) {
  const auto metadata = CoreMetadata::parse(
                            "Metadata-Version: 2.4\n"
                            "Name: Py_Torch\n"
                            "Version: 2.10.0\n"
                            "Summary: Tensors\n"
                            "License: old\n"
                            "License-Expression: BSD-3-Clause\n"
                            "Requires-Python: >=3.10\n"
                            "Requires-Dist: filelock\n"
                            "Requires-Dist: triton==3.6.0; platform_system == \"Linux\"\n"
                            "Provides-Extra: Opt_Einsum\n"
                            "\n"
                            "Requires-Dist: not this\n")
                            .value();
  EXPECT_EQ(metadata.name, "py-torch");
  EXPECT_EQ(metadata.version, "2.10.0");
  ASSERT_THAT(metadata.requires_dist, SizeIs(2));
  EXPECT_EQ(metadata.requires_dist[1].text(), "triton==3.6.0; platform_system == \"Linux\"");
  EXPECT_EQ(metadata.requires_python.text(), ">=3.10");
}

TEST(Metadata, TakesARequiresPythonThatCannotBeReadForNone) {
  const auto metadata = CoreMetadata::parse("Name: a\nVersion: 1\nRequires-Python: >=3.5.*\n").value();
  EXPECT_TRUE(metadata.requires_python.empty());
  EXPECT_EQ(metadata.requires_python_text, ">=3.5.*");
}

TEST(Metadata, SaysWhatIsWrong) {
  const auto error_of = [](std::string_view text) { return CoreMetadata::parse(text).error().text(); };
  EXPECT_EQ(error_of("Version: 1\n"), "error: the metadata has no Name\n");
  EXPECT_EQ(error_of("Name: a\n"), "error: the metadata of a has no Version\n");
  EXPECT_EQ(error_of("Name: ../a\nVersion: 1\n"),
            "error: the metadata has the Name \"../a\", which is not a valid project name\n");
  EXPECT_EQ(error_of("Name: a\nVersion: 1\nRequires-Dist: b>=x\n"),
            "error: expected a number at column 1 of the version \"x\", found \"x\"\n"
            "  while reading the version specifier \">=x\"\n"
            "  while reading the requirement \"b>=x\"\n"
            "  while reading the metadata line \"Requires-Dist: b>=x\"\n");
}

TEST(Name, IsNormalizedAsPep503) {
  EXPECT_EQ(normalize_name("Typing.Extensions"), "typing-extensions");
  EXPECT_EQ(normalize_name("a_-._b"), "a-b");
  EXPECT_EQ(normalize_name("-a-"), "-a-");
  EXPECT_TRUE(is_valid_name("a"));
  EXPECT_TRUE(is_valid_name("A.b_c-9"));
  for (const auto* bad : {"", "-a", "a-", "a b", "a/b", "é"}) EXPECT_FALSE(is_valid_name(bad)) << bad;
}

TEST(Interpreter, IsAMinorVersion) {
  const auto free = Interpreter::parse("3.13t").value();
  EXPECT_EQ(free.minor, 13);
  EXPECT_TRUE(free.free_threaded);
  EXPECT_EQ(free.version(), "3.13");
  EXPECT_EQ(free.text(), "3.13t");
  EXPECT_EQ(Interpreter::parse("3.12").value().text(), "3.12");
  for (const auto* bad : {"", "3", "3.5", "3.100", "3.012", "3.12.1", "4.0", "3.12 ", "t"}) {
    EXPECT_FALSE(Interpreter::parse(bad)) << bad;
  }
  EXPECT_EQ(Interpreter::parse("3.12t").error().text(),
            "error: unknown Python version \"3.12t\": free-threaded builds begin with 3.13t\n");
}

}  // namespace
}  // namespace launch::specs
