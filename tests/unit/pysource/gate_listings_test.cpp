// Tests of the names that an object has, where only the wheel says which.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gate_runs.hpp"

namespace launch::pysource {
namespace {

const std::string kImports =
    "import dataclasses, inspect\nfrom dataclasses import fields\nimport torch\nfrom torch.a import C, f\n";
const std::string kField = "torch.a:C.__dataclass_fields__(new=)";
const std::string kParameter = "torch.a:f(new=)";

std::string runs_with(const std::string& before, const std::string& test,
                      const std::set<std::string>& names) {
  return runs(fmt::format("{}{}if {}:\n  import torch.x\n", kImports, before, test), "2.0.1", names);
}

/// What is asked, whatever has the name or not.
struct Asked {
  std::string name;
  std::string test;
  std::string before = {};
};

class AskedOfTheWheel : public testing::TestWithParam<Asked> {};

TEST_P(AskedOfTheWheel, RunsIfTheNameIsThere) {
  const auto& [name, test, before] = GetParam();
  EXPECT_EQ(runs_with(before, test, {name}), "yes") << before << test;
  EXPECT_EQ(runs_with(before, test, {}), "no") << before << test;
  EXPECT_EQ(runs_with(before, fmt::format("not ({})", test), {name}), "no") << before << test;
  EXPECT_EQ(runs_with(before, fmt::format("not ({})", test), {}), "yes") << before << test;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, AskedOfTheWheel,
    testing::Values(Asked{kField, "any(field.name == 'new' for field in fields(C))"},
                    Asked{kField, "any('new' == each.name for each in dataclasses.fields(C))"},
                    Asked{kField, "any([f.name == 'new' for f in fields(C)])"},
                    Asked{kField, "any(f.name in ('new', 'newer') for f in fields(C))"},
                    Asked{kField, "any(True for f in fields(C) if f.name == 'new')"},
                    Asked{kField, "any(f for f in fields(C) if f.name in ['new'])"},
                    Asked{kField, "not all(f.name != 'new' for f in fields(C))"},
                    Asked{kField, "not all(f.name not in ('new',) for f in tuple(fields(C)))"},
                    Asked{kField, "'new' in {f.name for f in fields(C)}"},
                    Asked{kField, "'new' in [f.name for f in fields(C)]"},
                    Asked{kField, "'new' in (f.name for f in fields(C))"},
                    Asked{kField, "'new' in tuple(f.name for f in fields(C))"},
                    Asked{kField, "'new' in set([f.name for f in fields(C)])"},
                    Asked{kField, "'new' in C.__dataclass_fields__"},
                    Asked{kField, "'new' in C.__dataclass_fields__.keys()"},
                    Asked{kField, "'new' in list(C.__dataclass_fields__)"},
                    Asked{kField, "any(n == 'new' for n in C.__dataclass_fields__)"},
                    Asked{kField, "any(f.name == 'new' for f in C.__dataclass_fields__.values())"},
                    Asked{kField, "C.__dataclass_fields__.get('new') is not None"},
                    // By a name, and by a helper.
                    Asked{kField, "has_new", "has_new = any(f.name == 'new' for f in fields(C))\n"},
                    Asked{kField, "'new' in names", "names = {f.name for f in fields(C)}\n"},
                    Asked{kField, "'new' in [f.name for f in all_fields]", "all_fields = fields(C)\n"},
                    Asked{kField, "any(f.name == NAME for f in fields(C))", "NAME = 'new'\n"},
                    Asked{kField, "has_field(C, 'new')",
                          "def has_field(cls, name):\n  return any(f.name == name for f in fields(cls))\n"},
                    Asked{kField, "'new' in names_of(C)",
                          "def names_of(cls):\n  import dataclasses\n  return [f.name for f in "
                          "dataclasses.fields(cls)]\n"}));

INSTANTIATE_TEST_SUITE_P(
    Parameters, AskedOfTheWheel,
    testing::Values(Asked{kParameter, "'new' in inspect.signature(f).parameters"},
                    Asked{kParameter, "'new' in inspect.signature(f).parameters.keys()"},
                    Asked{kParameter, "'new' in list(inspect.signature(f).parameters)"},
                    Asked{kParameter, "'new' in set(inspect.signature(f).parameters.keys())"},
                    Asked{kParameter, "'new' in inspect.getfullargspec(f).args"},
                    Asked{kParameter, "any(p == 'new' for p in inspect.signature(f).parameters)"},
                    Asked{kParameter,
                          "any(p.name == 'new' for p in inspect.signature(f).parameters.values())"},
                    Asked{kParameter, "'new' in [p.name for p in inspect.signature(f).parameters.values()]"},
                    Asked{kParameter, "inspect.signature(f).parameters.get('new') is not None"},
                    Asked{kParameter, "inspect.signature(f).parameters.get('new')"},
                    Asked{"torch.a:C(new=)", "'new' in inspect.signature(C).parameters"},
                    Asked{"torch:new", "any(name == 'new' for name in dir(torch))"},
                    Asked{"torch:new", "'new' in list(dir(torch))"}));

/// Names decide nothing: the code may run, and so may what stands under the reverse test.
void expect_a_path(const std::string& before, const std::string& test) {
  for (const std::set<std::string>& names : {std::set<std::string>{}, {kField, kParameter, "torch:new"}}) {
    EXPECT_NE(runs_with(before, test, names), "no") << before << test;
    EXPECT_NE(runs_with(before, fmt::format("not ({})", test), names), "no") << before << test;
  }
}

TEST(Listings, WhatIsNotUnderstoodIsAPath) {
  const auto either = [](const std::string& test, const std::string& before = {}) {
    expect_a_path(before, test);
  };
  either("any(f.default == 'new' for f in fields(C))");
  either("any(f.name == 'new' and f.init for f in fields(C))");
  either("any(f.name.startswith('new') for f in fields(C))");
  either("any(f.name in 'new' for f in fields(C))");
  either("any(f.name != 'new' for f in fields(C))");
  either("all(f.name == 'new' for f in fields(C))");
  either("any(g.name == 'new' for f in fields(C))");
  either("any(f == 'new' for f in fields(C))");
  either("any(f.name == f for f in fields(C))");
  either("any(f.init for f in fields(C) if f.name == 'new')");
  either("'new' in [f.name for f in fields(C) if f.init]");
  either("'new' in fields(C)");
  either("len([f.name for f in fields(C)]) > 5");
  either("[f.name for f in fields(C)] == ['new']");
  either("[f.name == 'new' for f in fields(C)]");
  either("{f.name for f in fields(C)} >= {'new'}");
  either("isinstance(fields(C), list)");
  either("any(f.name == 'new' for f in other(C))");
  either("any(f.name == 'new' for f in fields(c))", "c = make()\n");
  either("inspect.signature(f).bind(new=1)");
}

TEST(Listings, AParameterOfTheFunctionIsNotTheItemOfTheSameName) {
  expect_a_path("def is_new(f):\n  return any(f.name == f for f in fields(C))\n", "is_new('new')");
}

TEST(Listings, ANameThatIsBoundAgainIsNotTheTest) {
  const std::string before = "has_new = any(f.name == 'new' for f in fields(C))\n";
  for (const std::string again :
       {"has_new = ask()\n", "for has_new in ask():\n  pass\n", "with ask() as has_new:\n  pass\n",
        "def g():\n  global has_new\n  has_new = ask()\n"}) {
    expect_a_path(before + again, "has_new");
  }
  const std::string test = "any(f.name == 'new' for f in fields(C))";
  expect_a_path("def fields(c):\n  return ask(c)\n", test);
  expect_a_path("from attr import fields\n", test);
  expect_a_path("fields = ask\n", test);
  expect_a_path("C = make()\n", test);
}

}  // namespace
}  // namespace launch::pysource
