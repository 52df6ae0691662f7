#include "pysource/getattr_rule.hpp"

#include <gtest/gtest.h>

namespace launch::pysource {
namespace {

GetattrAnswer ask(const std::string& source, std::string_view name) {
  return ask_getattr(read_module(source, "pkg", true, false), name);
}

constexpr auto kYes = GetattrAnswer::yes;
constexpr auto kNo = GetattrAnswer::no;
constexpr auto kUnknown = GetattrAnswer::unknown;

TEST(GetattrRule, LiteralTests) {
  const std::string source =
      "lazy = {'a', 'b'}\nold = {'c': 1}\nif x:\n  pass\nelse:\n  def __getattr__(name):\n"
      "    found = old.get(name)\n    if found is not None:\n      warn(name)\n      return found()\n"
      "    if name in lazy: return import_module(f'.{name}', __name__)\n"
      "    if name == 'd' or (name.startswith('e_') and not name.endswith('x')): return 1\n"
      "    if name == 'f': raise AttributeError('gone')\n    raise AttributeError(name)\n";
  for (const auto* name : {"a", "b", "c", "d", "e_1"}) EXPECT_EQ(ask(source, name), kYes) << name;
  for (const auto* name : {"e_x", "f", "g"}) EXPECT_EQ(ask(source, name), kNo) << name;
}

TEST(GetattrRule, LookupsThatRaise) {
  const std::string source =
      "NAMES = {'a': 1}\ndef __getattr__(name):\n  try:\n    return NAMES[name]\n  except KeyError:\n"
      "    raise AttributeError(name) from None\n";
  EXPECT_EQ(ask(source, "a"), kYes);
  EXPECT_EQ(ask(source, "b"), kNo);
}

TEST(GetattrRule, WhatCannotBeReadIsUnknown) {
  EXPECT_EQ(ask("def __getattr__(name):\n  return getattr(other, name)\n", "a"), kUnknown);
  EXPECT_EQ(
      ask("def __getattr__(name):\n  if hasattr(other, name):\n    return 1\n  raise AttributeError\n", "a"),
      kUnknown);
  EXPECT_EQ(
      ask("def __getattr__(name):\n  if name in computed():\n    return 1\n  raise AttributeError\n", "a"),
      kUnknown);
  EXPECT_EQ(ask("def __getattr__(name):\n  for n in x:\n    return n\n  raise AttributeError\n", "a"),
            kUnknown);
  EXPECT_EQ(ask("def __getattr__(name):\n  name = name[1:]\n  raise AttributeError\n", "a"), kUnknown);
  EXPECT_EQ(ask("def __getattr__(name):\n  pass\n", "a"), kUnknown);
}

TEST(GetattrRule, AnUnreadableTestThatOnlyWarnsDoesNotMatter) {
  const std::string source =
      "def __getattr__(name):\n  if enabled():\n    warn(name)\n  if name == 'a':\n    return 1\n  raise "
      "AttributeError\n";
  EXPECT_EQ(ask(source, "a"), kYes);
  EXPECT_EQ(ask(source, "b"), kNo);
}

TEST(GetattrRule, NoFunctionNoName) {
  EXPECT_EQ(ask("a = 1\n", "b"), kNo);
}

}  // namespace
}  // namespace launch::pysource
