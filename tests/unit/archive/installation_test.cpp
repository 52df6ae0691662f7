#include "archive/installation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/values.hpp"

namespace launch::archive {
namespace {

using testing::ElementsAre;

ZipEntry entry(std::string name, std::uint32_t mode = 0100644) {
  ZipEntry made;
  made.name = std::move(name);
  made.external_attributes = mode << 16;
  return made;
}

std::vector<std::string> places(const std::vector<ZipEntry>& entries, bool purelib = true) {
  std::vector<std::string> out;
  const auto plan = plan_installation(entries, purelib, InstallPaths::of(fakes::python("3.12")));
  for (const auto& file : plan.value()) {
    out.push_back(file.path + (file.executable ? " x" : "") + (file.is_script ? " script" : ""));
  }
  return out;
}

std::string refusal(const std::vector<ZipEntry>& entries) {
  const auto plan = plan_installation(entries, true, InstallPaths::of(fakes::python("3.12")));
  return plan ? "accepted" : plan.error().message();
}

TEST(InstallPaths, AreThoseOfThePosixPrefixScheme) {
  const auto paths = InstallPaths::of(fakes::python("3.13t"));
  EXPECT_EQ(paths.purelib, "lib/python3.13t/site-packages");
  EXPECT_EQ(paths.platlib, "lib/python3.13t/site-packages");
  EXPECT_EQ(paths.scripts, "bin");
  EXPECT_EQ(paths.headers, "include/python3.13t");
}

TEST(DistInfoFolder, IsTheOnlyOneAtTheTop) {
  EXPECT_EQ(
      dist_info_folder({entry("demo/a.py"), entry("demo-1.dist-info/WHEEL"), entry("demo/x.dist-info/y")})
          .value(),
      "demo-1.dist-info");
  EXPECT_EQ(dist_info_folder({entry("demo/a.py")}).error().message(),
            "the wheel cannot be installed: it has no .dist-info folder");
  EXPECT_EQ(dist_info_folder({entry("-1.dist-info/WHEEL")}).error().message(),
            "the wheel cannot be installed: its folder \"-1.dist-info\" names no project");
  EXPECT_EQ(dist_info_folder({entry("a-1.dist-info/WHEEL"), entry("b-1.dist-info/WHEEL")}).error().message(),
            "the wheel cannot be installed: it has 2 .dist-info folders, \"a-1.dist-info\" and "
            "\"b-1.dist-info\" among "
            "them; expected one");
}

TEST(RootIsPurelib, ReadsWheelFilesOfVersionOne) {
  EXPECT_TRUE(root_is_purelib("Wheel-Version: 1.0\nRoot-Is-Purelib: true\n").value());
  EXPECT_TRUE(root_is_purelib("Wheel-Version: 1.9\nRoot-Is-Purelib: True\n").value());
  EXPECT_FALSE(root_is_purelib("Wheel-Version: 1.0\nRoot-Is-Purelib: false\n").value());
  EXPECT_EQ(root_is_purelib("Wheel-Version: 2.0\n").error().message(),
            "the wheel cannot be installed: it has the Wheel-Version \"2.0\", but only 1.x is supported");
  EXPECT_EQ(root_is_purelib("Root-Is-Purelib: true\n").error().message(),
            "the wheel cannot be installed: its WHEEL file has the Wheel-Version \"\"");
}

TEST(PlanInstallation, PutsEveryFileInItsPlace) {
  EXPECT_THAT(
      places({entry("demo/"), entry("demo/__init__.py"), entry("demo/bin/tool", 0100755),
              entry("demo-1.data/scripts/run.sh"), entry("demo-1.data/headers/demo.h"),
              entry("demo-1.data/data/share/demo.txt"), entry("demo-1.data/platlib/fast.so"),
              entry("demo-1.data/data/lib64/demo.so"), entry("demo-1.data/data/lib64x/demo.so"),
              entry("demo-1.dist-info/METADATA"), entry("demo-1.dist-info/RECORD"),
              entry("demo-1.dist-info/RECORD.jws")}),
      ElementsAre("lib/python3.12/site-packages/demo/__init__.py",
                  "lib/python3.12/site-packages/demo/bin/tool x", "bin/run.sh x script",
                  "include/python3.12/demo/demo.h", "share/demo.txt", "lib/python3.12/site-packages/fast.so",
                  "lib/demo.so", "lib64x/demo.so", "lib/python3.12/site-packages/demo-1.dist-info/METADATA"));
}

TEST(PlanInstallation, RefusesWhatDoesNotBelong) {
  const auto info = entry("demo-1.dist-info/WHEEL");
  EXPECT_EQ(refusal({info, entry("demo-1.data/etc/passwd")}),
            "the wheel cannot be installed: \"demo-1.data/etc/passwd\": expected purelib, platlib, headers, "
            "scripts or "
            "data in its .data folder, found \"etc\"");
  EXPECT_EQ(refusal({info, entry("demo-1.data/stray")}),
            "the wheel cannot be installed: \"demo-1.data/stray\" is not in a subfolder of its .data folder");
  EXPECT_EQ(
      refusal({info, entry("a.py"), entry("demo-1.data/purelib/a.py")}),
      "the wheel cannot be installed: two of its files have the path \"lib/python3.12/site-packages/a.py\"");
  EXPECT_EQ(
      refusal({info, entry("a.py"), entry("./a.py")}),
      "the wheel cannot be installed: two of its files have the path \"lib/python3.12/site-packages/a.py\"");
  EXPECT_EQ(refusal({info, entry("demo-1.data/data/../../x")}),
            "the wheel cannot be installed: \"demo-1.data/data/../../x\" points outside its folder");
  EXPECT_EQ(refusal({info, entry(".")}), "the wheel cannot be installed: the file \".\" has no name");
  EXPECT_EQ(refusal({info, entry("a/b/c"), entry("a-b"), entry("a")}),
            "the wheel cannot be installed: \"lib/python3.12/site-packages/a\" is both a file and a folder");
}

TEST(ScriptText, PutsTheInterpreterInPlaceOfPython) {
  EXPECT_EQ(script_text("#!python\nprint(1)\n", "/opt/venv/bin/python3"),
            "#!/opt/venv/bin/python3\nprint(1)\n");
  EXPECT_EQ(script_text("#!pythonw -u\r\nx", "/p"), "#!/p\nx");
  EXPECT_EQ(script_text("#!/bin/sh\necho", "/p"), "#!/bin/sh\necho");
}

TEST(ConsoleScripts, AreReadFromTheirTwoSections) {
  const auto points =
      console_scripts(
          "[console_scripts]\n# a remark\ntorchrun = torch.distributed.run:main\n  tool=pkg.cli:App.run "
          "[extra]\n[other]\nbroken\n[gui_scripts]\nwindow = w:open\n")
          .value();
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].name, "torchrun");
  EXPECT_EQ(points[0].module, "torch.distributed.run");
  EXPECT_EQ(points[0].attribute, "main");
  EXPECT_EQ(points[1].attribute, "App.run");
  EXPECT_EQ(points[2].name, "window");
}

TEST(ConsoleScripts, RefuseWhatCannotBeAScript) {
  const auto refused = [](const std::string& line) {
    const auto points = console_scripts("[console_scripts]\n" + line + "\n");
    return points ? "accepted" : points.error().message();
  };
  const std::string intro = "the wheel cannot be installed: its entry_points.txt has the line ";
  EXPECT_EQ(refused("just words"), intro + "\"just words\": expected NAME = MODULE:ATTRIBUTE");
  EXPECT_EQ(refused("a = module"), intro + "\"a = module\": expected NAME = MODULE:ATTRIBUTE");
  EXPECT_EQ(refused("../sh = m:f"), intro + "\"../sh = m:f\": its name is not a valid file name");
  EXPECT_EQ(refused("a = os;x:f"), intro + "\"a = os;x:f\": \"os;x\" is not a module name");
  EXPECT_EQ(refused("a = os:f()"), intro + "\"a = os:f()\": \"f()\" is not an attribute name");
}

TEST(ConsoleScriptText, CallsTheEntryPoint) {
  EXPECT_EQ(console_script_text({"tool", "pkg.cli", "App.run"}, "/opt/venv/bin/python3").value(),
            "#!/opt/venv/bin/python3\nimport sys\n\nfrom pkg.cli import App\n\n"
            "if __name__ == \"__main__\":\n    sys.exit(App.run())\n");
  EXPECT_EQ(console_script_text({"t", "m", "f"}, "/my python").error().message(),
            "\"/my python\" cannot be the interpreter of a script: expected an absolute path without white "
            "space, of "
            "125 bytes at most");
}

TEST(Record, NamesFilesFromTheFolderOfTheDistInfo) {
  constexpr std::string_view kSite = "lib/python3.12/site-packages";
  EXPECT_EQ(record_path("lib/python3.12/site-packages/demo/a.py", kSite), "demo/a.py");
  EXPECT_EQ(record_path("bin/x", kSite), "../../../bin/x");
  EXPECT_EQ(record_path("lib/other.so", kSite), "../../other.so");
}

TEST(Record, IsSortedAndQuoted) {
  EXPECT_EQ(
      record_text(
          {{"b,c.py", "sha256=x", 3}, {"demo-1.dist-info/RECORD", "", std::nullopt}, {"a\".py", "", 0}}),
      "\"a\"\".py\",,0\n\"b,c.py\",sha256=x,3\ndemo-1.dist-info/RECORD,,\n");
}

TEST(Record, DigestsAreUrlSafeBase64WithoutPadding) {
  EXPECT_EQ(record_digest(Digest::of("")), "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

TEST(ImportPath, IsBelowSitePackages) {
  EXPECT_EQ(import_path("demo/a.py"), "demo/a.py");
  EXPECT_EQ(import_path("demo-1.0.data/platlib//a//b.py"), "a/b.py");
  EXPECT_EQ(import_path("./demo//a.py"), "demo/a.py");
  EXPECT_EQ(import_path("demo-1.0.data/scripts/run"), std::nullopt);
  EXPECT_EQ(import_path("demo-1.0.dist-info/METADATA"), std::nullopt);
  EXPECT_EQ(import_path("demo/"), std::nullopt);
}

}  // namespace
}  // namespace launch::archive
