#include "project/declared.hpp"

#include <gtest/gtest.h>

namespace launch::project {
namespace {

/// "torch>=2.0 at pyproject.toml:3", for each; or the error.
std::vector<std::string> declared(const std::string& file, const std::string& text) {
  const auto found = declared_in(text, file, "torch");
  if (!found) return {found.error().message()};
  std::vector<std::string> all;
  for (const auto& each : *found) all.push_back(each.requirement.text() + " at " + each.place);
  return all;
}
using Texts = std::vector<std::string>;

TEST(Declared, OfPyproject) {
  EXPECT_EQ(declared("pyproject.toml",
                     "[project]\ndependencies = [\n  \"numpy\",\n  \"torch>=2.0\",\n]\n"
                     "[project.optional-dependencies]\ngpu = [\"torch<3\", \"torchvision\"]\n"
                     "[dependency-groups]\ndev = [\"Torch==2.6\", {include-group = \"x\"}]\n"),
            (Texts{"torch>=2.0 at pyproject.toml:4", "torch<3 at pyproject.toml:7",
                   "torch==2.6 at pyproject.toml:9"}));
  EXPECT_EQ(declared("pyproject.toml", "project = 1\n"), Texts());
  EXPECT_EQ(declared("pyproject.toml", "[tool.x]\ndependencies = [\"torch\"]\n"), Texts());
}

TEST(Declared, OfSetupCfg) {
  EXPECT_EQ(declared("setup.cfg",
                     "[metadata]\ninstall_requires = torch==1\n[options]\ninstall_requires =\n    numpy\n"
                     "    torch>=2.1\npython_requires = >=3.9\n    torch==4\n[options.extras_require]\n"
                     "gpu = torch<3\n"),
            (Texts{"torch>=2.1 at setup.cfg:6", "torch<3 at setup.cfg:10"}));
}

TEST(Declared, OfSetupPyWhichIsNotRun) {
  EXPECT_EQ(declared("setup.py", "setup(\n  install_requires=['torch >= 2.2', \"x\" + y],\n)\n"),
            Texts{"torch>=2.2 at setup.py:2"});
}

TEST(Declared, OfRequirements) {
  EXPECT_EQ(declared("requirements.txt", "# torch\nnumpy\ntorch>=2.3 ; python_version > '3.8'\n"),
            Texts{"torch>=2.3; python_version > \"3.8\" at requirements.txt:3"});
}

TEST(Declared, AFileOfAnotherKindIsAnError) {
  EXPECT_EQ(declared("pyproject.toml", "[project\n"),
            Texts{"pyproject.toml:1:9: not TOML: Error while parsing table header: expected ']', saw '\\n'"});
  EXPECT_EQ(declared("requirements.txt", "torch>=2\n--no-such\n"),
            Texts{"requirements.txt:2: unknown option --no-such"});
}

}  // namespace
}  // namespace launch::project
