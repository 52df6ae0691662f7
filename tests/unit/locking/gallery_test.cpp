// What `launch lock` says when a recipe cannot be locked: whole texts, at most 15 lines each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "unit/locking/resolve_lock_fixture.hpp"

namespace launch::locking {
namespace {

class Gallery : public ResolveLock {
 protected:
  /// The error's text, which is short enough to be read.
  std::string refusal() {
    const auto text = error_text();
    EXPECT_LE(lines(text).size(), 15U);
    return text;
  }
  void nights(const std::string& package, const std::vector<std::string>& days,
              const std::vector<std::string>& needs = {},
              const std::string& tags = "cp312-cp312-manylinux_2_28_x86_64") {
    for (const auto& day : days) channel.add(package, "2.9.0.dev202506" + day + "+cu128", needs, tags);
  }
  void page(const std::string& url, const fakes::MemoryAnswer& answer) { http.put(url, answer); }
};

TEST_F(Gallery, TwoBoundsOfTheRecipe) {
  general.add("numpy", "1.26.4");
  general.add("numpy", "2.2.0");
  take({"numpy<2", "numpy>=2"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires numpy<2 and demo requires numpy>=2, the requirements of demo cannot be met.\n\nhint: "
            "relax numpy<2 or numpy>=2 in the recipe\n");
}

TEST_F(Gallery, ABoundOfTheRecipeAndAPackages) {
  general.add("numpy", "1.26.4");
  general.add("numpy", "2.2.0");
  general.add("scipy", "1.15.0", {"numpy>=2"});
  take({"numpy<2", "scipy"});
  EXPECT_EQ(
      refusal(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because scipy "
      "1.15.0 requires numpy>=2 and demo requires numpy<2, demo cannot use scipy 1.15.0.\n  And because demo "
      "requires scipy, the requirements of demo cannot be met.\n\nhint: relax numpy<2 in the recipe\n");
}

TEST_F(Gallery, TwoPackagesThatDisagree) {
  general.add("protobuf", "3.20.0");
  general.add("protobuf", "5.29.0");
  general.add("tensorboard", "2.18", {"protobuf>=4"});
  general.add("onnx", "1.9", {"protobuf<4"});
  take({"tensorboard", "onnx"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because "
            "tensorboard 2.18 requires protobuf>=4 and onnx 1.9 requires protobuf<4, tensorboard 2.18 and "
            "onnx 1.9 cannot be used together.\n  And because demo requires tensorboard and demo requires "
            "onnx, the requirements of demo cannot be met.\n\nhint: if another version of protobuf works, "
            "say so: overrides = [\"protobuf==…\"] under [lock]\n");
}

TEST_F(Gallery, ManyVersionsThatLackTheSame) {
  for (int i = 0; i < 40; ++i) general.add("lm-eval", fmt::format("0.4.{}", i), {"word2number"});
  general.add_archive("word2number", "1.1");
  take({"lm-eval>=0.4"});
  EXPECT_EQ(
      refusal(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
      "requires lm-eval>=0.4 and every version of lm-eval requires word2number, but word2number 1.1 has only "
      "a source archive, the requirements of demo cannot be met.\n\nhint: add [lock.build.word2number] to "
      "the recipe to build it from source in a container\nhint: relax lm-eval>=0.4 in the recipe\n");
}

TEST_F(Gallery, ManyVersionsThatNeedAnotherPython) {
  for (int i = 0; i < 40; ++i)
    general.add_wheel({.name = "vllm", .version = fmt::format("0.{}.0", i), .requires_python = "<3.12"}, {});
  take({"vllm"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires vllm and every version of vllm needs Python <3.12, the requirements of demo cannot be "
            "met.\n\nhint: try another `python` in the recipe\n");
}

TEST_F(Gallery, ALongChain) {
  for (char c = 'a'; c < 'h'; ++c)
    general.add(std::string(1, c), "1.0", {std::string(1, static_cast<char>(c + 1)) + "==1.0"});
  general.add("h", "2.0");
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because a 1.0 "
            "requires b==1.0 and b 1.0 requires c==1.0, a 1.0 requires c==1.0.\n  And because c 1.0 requires "
            "d==1.0 and d 1.0 requires e==1.0, a 1.0 requires e==1.0.\n  And because e 1.0 requires f==1.0 "
            "and f 1.0 requires g==1.0, a 1.0 requires g==1.0.\n  And because g 1.0 requires h==1.0, but the "
            "newest h on https://pypi.example/simple for Python 3.12 on linux-x86_64 is 2.0, and demo "
            "requires a, the requirements of demo cannot be met.\n\nhint: if another version of h works, say "
            "so: overrides = [\"h==…\"] under [lock]\n");
}

TEST_F(Gallery, AManySidedConflict) {
  for (const auto* name : {"p", "q", "r", "s"}) {
    for (int i = 1; i <= 6; ++i)
      general.add(name, fmt::format("{}.0", i), {fmt::format("core=={}.0", (i * 7 + name[0]) % 11 + 20)});
  }
  for (int i = 1; i < 10; ++i) general.add("core", fmt::format("{}.0", i));
  take({"p", "q", "r", "s"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because p 1.0 "
            "requires core==29.0, but the newest core on https://pypi.example/simple for Python 3.12 on "
            "linux-x86_64 is 9.0, and p 2.0 requires core==25.0, p<3.0 cannot be used.\n  And because p 3.0 "
            "requires core==21.0, p<4.0 cannot be used.\n  And because p 4.0 requires core==28.0 and p 5.0 "
            "requires core==24.0, p<6.0 cannot be used.\n  And because demo requires p and p 6.0 requires "
            "core==20.0, the requirements of demo cannot be met.\n\nhint: if another version of core works, "
            "say so: overrides = [\"core==…\"] under [lock]\n");
}

TEST_F(Gallery, AConstraint) {
  general.add("transformers", "5.0", {"tokenizers>=0.22"});
  general.add("tokenizers", "0.21");
  general.add("tokenizers", "0.22");
  take({"transformers"});
  recipe.lock.constraints = {requirement("tokenizers<0.22")};
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because "
            "transformers 5.0 requires tokenizers>=0.22 and demo has the constraint tokenizers<0.22, demo "
            "cannot use transformers 5.0.\n  And because demo requires transformers, the requirements of "
            "demo cannot be met.\n\nhint: relax the constraint tokenizers<0.22 in the recipe\n");
}

TEST_F(Gallery, AnOverrideThatNothingMeets) {
  general.add("a", "1.0", {"protobuf<4"});
  general.add("protobuf", "5.0");
  take({"a"});
  recipe.lock.overrides = {requirement("protobuf==6.*")};
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because a 1.0 "
            "requires protobuf and demo has the override protobuf==6.*, but the newest protobuf on "
            "https://pypi.example/simple for Python 3.12 on linux-x86_64 is 5.0, demo cannot use a 1.0.\n  "
            "And because demo requires a, the requirements of demo cannot be met.\n\nhint: relax the "
            "override protobuf==6.* in the recipe\n");
}

TEST_F(Gallery, AMisspeltName) {
  general.add("torch", "2.9.0");
  take({"torhc"});
  EXPECT_EQ(refusal(),
            "error: the index https://pypi.example/simple has no project named torhc\n  while locking the "
            "recipe demo\n\nhint: did you mean torch?\n");
}

TEST_F(Gallery, ANameThatOnlyAnotherPackageGives) {
  general.add("a", "1.0", {"our-kernels>=1"});
  take({"a"});
  EXPECT_EQ(
      refusal(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
      "requires a and a 1.0 requires our-kernels>=1, but the index https://pypi.example/simple has no "
      "project named our-kernels, the requirements of demo cannot be met.\n\nhint: if our-kernels is on "
      "another index, name it in the recipe: [[index]] with its url and packages = [\"our-kernels\"]\n");
}

TEST_F(Gallery, AVersionThatDoesNotExist) {
  general.add("torch", "2.9.0");
  recipe.torch.packages = {requirement("torch==2.19")};
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch==2.19, but the newest torch on https://pypi.example/simple for Python 3.12 on "
            "linux-x86_64 is 2.9.0, the requirements of demo cannot be met.\n\nhint: relax torch==2.19 in "
            "the recipe\n");
}

TEST_F(Gallery, NoWheelForThePython) {
  general.add("torch", "2.9.0", {}, "cp310-cp310-manylinux_2_28_x86_64");
  general.add("torch", "2.9.0", {}, "cp311-cp311-manylinux_2_28_x86_64");
  take({"torch==2.9.0"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch==2.9.0, but torch 2.9.0 has wheels for cp310 and cp311, none for cp312, the "
            "requirements of demo cannot be met.\n\nhint: try another `python` in the recipe\nhint: relax "
            "torch==2.9.0 in the recipe\n");
}

TEST_F(Gallery, NoWheelForThePlatform) {
  recipe.platforms = {fakes::arm()};
  general.add("xformers", "0.0.30", {}, "cp312-cp312-manylinux_2_28_x86_64");
  general.add("xformers", "0.0.30", {}, "cp312-cp312-win_amd64");
  take({"xformers"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-aarch64:\n  Because demo "
            "requires xformers, but xformers 0.0.30 has wheels for win_amd64 and manylinux_2_28_x86_64, none "
            "for linux-aarch64, the requirements of demo cannot be met.\n\nhint: remove linux-aarch64 from "
            "the recipe's platforms, or require the package only elsewhere, with a marker such as "
            "platform_machine != 'aarch64'\n");
}

TEST_F(Gallery, AGlibcThatIsTooNew) {
  general.add("kernels", "1.0", {}, "cp312-cp312-manylinux_2_41_x86_64");
  take({"kernels"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires kernels, but kernels 1.0 needs glibc 2.41 or later, and the base image has 2.39, the "
            "requirements of demo cannot be met.\n\nhint: choose a base image with a newer glibc: `from` "
            "under [image]\n");
}

TEST_F(Gallery, OnlyAFreeThreadedWheel) {
  general.add("a", "1.0", {}, "cp312-cp312t-manylinux_2_28_x86_64");
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a, but a 1.0 has wheels for cp312t, none for cp312, the requirements of demo cannot be "
            "met.\n\nhint: try another `python` in the recipe\n");
}

TEST_F(Gallery, OnlyASourceArchive) {
  general.add_archive("rouge-score", "0.1.2");
  take({"rouge-score"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires rouge-score, but rouge-score 0.1.2 has only a source archive, the requirements of demo "
            "cannot be met.\n\nhint: add [lock.build.rouge-score] to the recipe to build it from source in a "
            "container\n");
}

TEST_F(Gallery, AProjectWithoutFiles) {
  page(general.page_url("empty"), {.body = "<!DOCTYPE html><html><body></body></html>"});
  take({"empty"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires empty, but empty on https://pypi.example/simple has no wheels, the requirements of "
            "demo cannot be met.\n");
}

TEST_F(Gallery, AVersionThatWasYanked) {
  general.add_wheel({.name = "a", .version = "2.0"}, {.yanked = "breaks training"});
  general.add("a", "1.0");
  take({"a>=2"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a>=2, but a 2.0 was yanked from its index: breaks training, the requirements of demo "
            "cannot be met.\n\nhint: relax a>=2 in the recipe\n");
}

TEST_F(Gallery, ADirectUrl) {
  general.add("a", "1.0", {"b @ https://host.example/b-1.0-py3-none-any.whl"});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a and a 1.0 requires b by direct URL, which a lock cannot include, the requirements of "
            "demo cannot be met.\n\nhint: take b from the index instead: overrides = [\"b\"] under [lock]\n");
}

TEST_F(Gallery, ABuildOfAnUnknownAccelerator) {
  use_nightly({"torch"});
  recipe.torch.cuda = fakes::accelerator("cu127");
  page(std::string(kChannel) + "/nightly/cu127/torch/", {.status = 403});
  EXPECT_EQ(
      refusal(),
      "error: the channel https://channel.example/whl/nightly/cu127 refuses torch (403)\n  while "
      "locking the recipe demo\n\nhint: the channel has one index for each build: check cuda = "
      "\"cu127\" in the recipe (known: cu118, cu121, cu124, cu126, cu128, cu129, cu130, cu132, cu134, cpu, "
      "rocm and xpu builds)\nhint: a proxy or firewall may refuse the same way: open the address in a "
      "browser, or set LAUNCH_CHANNEL_URL to a mirror\n");
}

TEST_F(Gallery, AMirrorWithoutTorch) {
  use_nightly({"torch"});
  EXPECT_EQ(
      refusal(),
      "error: the channel https://channel.example/whl/nightly/cu128 has no project named torch\n  "
      "while locking the recipe demo\n\nhint: the channel has one index for each build: check cuda = "
      "\"cu128\" in the recipe (known: cu118, cu121, cu124, cu126, cu128, cu129, cu130, cu132, cu134, cpu, "
      "rocm and xpu builds)\n");
}

TEST_F(Gallery, ALoginPage) {
  page(general.page_url("a"),
       {.headers = {{"content-type", "text/html"}},
        .body = "<!DOCTYPE html><html><body><form action=/login><input name=user></form>"
                "<a href=/help>Help</a></body></html>"});
  take({"a"});
  EXPECT_EQ(
      refusal(),
      "error: the page https://pypi.example/simple/a/ is a web page, not an index page: it lists no files, "
      "but has a form or a script, as a login page does\n  while asking the index for a\n\nhint: try again; "
      "if that does not help, the index (or a proxy in front of it) is broken: open the address in a "
      "browser, or set another index (`launch doctor` shows where this one comes from)\n");
}

TEST_F(Gallery, APageThatIsNoPage) {
  page(general.page_url("a"), {.headers = {{"content-type", "application/json"}}, .body = "<html>"});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the page https://pypi.example/simple/a/ is not an index page: its JSON is invalid at "
            "byte 1\n  while asking the index for a\n\nhint: try again; if that does not help, the index (or "
            "a proxy in front of it) is broken: open the address in a browser, or set another index (`launch "
            "doctor` shows where this one comes from)\n");
}

TEST_F(Gallery, AnIndexThatRefuses) {
  page(general.page_url("a"), {.status = 401});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the index page https://pypi.example/simple/a/ returned 401, expected 200\n  while asking "
            "the index for a\n\nhint: check the credentials for this index (netrc or proxy) and its address: "
            "`launch doctor` shows where it comes from\n");
}

TEST_F(Gallery, AnIndexThatFails) {
  page(general.page_url("a"), {.status = 503});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the index page https://pypi.example/simple/a/ returned 503, expected 200\n  while asking "
            "the index for a\n\nhint: the index returned a server error; try again later, or set another "
            "index (LAUNCH_INDEX_URL, pip's index-url)\n");
}

TEST_F(Gallery, AnIndexThatIsBusy) {
  page(general.page_url("a"), {.status = 429});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the index page https://pypi.example/simple/a/ returned 429, expected 200\n  while asking "
            "the index for a\n\nhint: the index limits the request rate; try again later, or set another one "
            "(LAUNCH_INDEX_URL, pip's index-url)\n");
}

TEST_F(Gallery, MetadataThatCannotBeRead) {
  general.add_wheel({.name = "a", .version = "1.0", .metadata = "Metadata-Version: 2.1\nName: a\n"}, {});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a and a 1.0 cannot be used: its METADATA is invalid: the metadata of a has no Version, "
            "the requirements of demo cannot be met.\n");
}

TEST_F(Gallery, AWheelThatIsGone) {
  const auto name = general.add_wheel({.name = "a", .version = "1.0"}, {.sidecar = false});
  page(general.file_url(name), {.status = 404});
  take({"a"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires a and a 1.0 cannot be used: https://pypi.example/simple/files/a-1.0-py3-none-any.whl "
            "returned 404, expected a part of the file (206), the requirements of demo cannot be met.\n");
}

TEST_F(Gallery, ANightlyWithoutItsPartner) {
  nights("torch", {"04", "05"});
  channel.add("torchvision", "0.24.0.dev20250601+cu128", {}, "cp312-cp312-manylinux_2_28_x86_64");
  use_nightly({"torch", "torchvision"});
  EXPECT_EQ(refusal(),
            "error: no nightly has all of the recipe's packages\n\nhint: 2025-06-05: it has no "
            "torchvision\nhint: 2025-06-04: it has no torchvision\nhint: 2025-06-01: it has no torch\nhint: "
            "the channel's pages list nightlies from 2025-06-01 to 2025-06-05; older ones leave the pages "
            "after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, ANightlyOfADayThatIsNotThere) {
  nights("torch", {"04", "05"});
  use_nightly({"torch"});
  recipe.torch.date = fakes::day("2025-06-01");
  EXPECT_EQ(refusal(),
            "error: cannot use the nightly of 2025-06-01: it has no torch\n\nhint: the channel's pages list "
            "nightlies from 2025-06-04 to 2025-06-05; older ones leave the pages after about 60 days; set "
            "LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, ANightlyOfADayWithoutThePlatform) {
  nights("torch", {"04"}, {}, "cp312-cp312-win_amd64");
  nights("torch", {"05"});
  use_nightly({"torch"});
  recipe.torch.date = fakes::day("2025-06-04");
  EXPECT_EQ(refusal(),
            "error: cannot use the nightly of 2025-06-04: its torch has no wheel for Python 3.12 on "
            "linux-x86_64\n\nhint: the channel's pages list nightlies from 2025-06-04 to 2025-06-05; older "
            "ones leave the pages after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, NightliesThatNoneFitsTheBound) {
  nights("torch", {"04", "05"});
  use_nightly({"torch>=3"});
  EXPECT_EQ(refusal(),
            "error: none of the channel's 2 nightly builds of torch is a version that the recipe allows: "
            "torch>=3\n\nhint: relax torch>=3 in the recipe\nhint: the channel's pages list nightlies from "
            "2025-06-04 to 2025-06-05; older ones leave the pages after about 60 days; set "
            "LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, NightliesForAnotherPythonOnly) {
  nights("torch", {"04", "05"}, {}, "cp313-cp313-manylinux_2_28_x86_64");
  use_nightly({"torch"});
  EXPECT_EQ(refusal(),
            "error: no nightly has all of the recipe's packages\n\nhint: 2025-06-05: its torch has no wheel "
            "for Python 3.12 on linux-x86_64\nhint: 2025-06-04: its torch has no wheel for Python 3.12 on "
            "linux-x86_64\nhint: the channel's pages list nightlies from 2025-06-04 to 2025-06-05; older "
            "ones leave the pages after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, NightliesThatAllConflict) {
  nights("torch", {"03", "04", "05"}, {"sympy>=1.14"});
  general.add("sympy", "1.13");
  general.add("sympy", "1.14");
  use_nightly({"torch"});
  take({"sympy<1.14"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch and torch 2.9.0.dev20250605+cu128 requires sympy>=1.14, demo requires "
            "sympy>=1.14.\n  And because demo requires sympy<1.14, the requirements of demo cannot be "
            "met.\n\nhint: relax sympy<1.14 in the recipe\nhint: 2 other nightlies were tried as well; "
            "2025-06-04: torch 2.9.0.dev20250604+cu128 requires sympy>=1.14\nhint: the channel's pages list "
            "nightlies from 2025-06-03 to 2025-06-05; older ones leave the pages after about 60 days; set "
            "LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, AsOfBeforeTheFirstNightly) {
  nights("torch", {"04", "05"});
  use_nightly({"torch"});
  recipe.torch.as_of = fakes::day("2025-05-01");
  EXPECT_EQ(refusal(),
            "error: no nightly up to 2025-05-01 has all of the recipe's packages\n\nhint: the channel's "
            "pages list nightlies from 2025-06-04 to 2025-06-05; older ones leave the pages after about 60 "
            "days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, ANightlyWithoutItsTriton) {
  nights("torch", {"05"}, {"pytorch-triton==3.4.0+git1"});
  channel.add("pytorch-triton", "3.3.0+git0");
  use_nightly({"torch"});
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires torch and torch 2.9.0.dev20250605+cu128 requires pytorch-triton==3.4.0+git1, but the "
            "newest pytorch-triton on https://channel.example/whl/nightly/cu128 for Python 3.12 on "
            "linux-x86_64 is 3.3.0+git0, the requirements of demo cannot be met.\n\nhint: if another version "
            "of pytorch-triton works, say so: overrides = [\"pytorch-triton==…\"] under [lock]\n");
}

TEST_F(Gallery, AnNvidiaPackageThatNoIndexHas) {
  nights("torch", {"05"}, {"nvidia-cublas-cu12==12.8.3.14"});
  channel.add("nvidia-cublas-cu12", "12.6.4.1");
  general.add("nvidia-cublas-cu12", "12.9.0.13");
  use_nightly({"torch"});
  EXPECT_EQ(
      refusal(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
      "requires torch and torch 2.9.0.dev20250605+cu128 requires nvidia-cublas-cu12==12.8.3.14, but the "
      "newest nvidia-cublas-cu12 on https://channel.example/whl/nightly/cu128 for Python 3.12 on "
      "linux-x86_64 is 12.6.4.1, the requirements of demo cannot be met.\n\nhint: if another version of "
      "nvidia-cublas-cu12 works, say so: overrides = [\"nvidia-cublas-cu12==…\"] under [lock]\n");
}

TEST_F(Gallery, APackageThatPinsAnotherTorch) {
  nights("torch", {"04", "05"});
  general.add("torchtitan", "1.0", {"torch==2.8.0"});
  use_nightly({"torch"});
  take({"torchtitan"});
  EXPECT_EQ(
      refusal(),
      "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
      "requires torchtitan and torchtitan 1.0 requires torch==2.8.0, but the newest torch on "
      "https://channel.example/whl/nightly/cu128 for Python 3.12 on linux-x86_64 is 2.9.0.dev20250605+cu128, "
      "the requirements of demo cannot be met.\n\nhint: if another version of torch works, say so: overrides "
      "= [\"torch==\xE2\x80\xA6\"] under [lock]\nhint: 1 other nightly was tried as well; 2025-06-04: "
      "torchtitan 1.0 requires torch==2.8.0, but the newest torch on "
      "https://channel.example/whl/nightly/cu128 for Python 3.12 on linux-x86_64 is "
      "2.9.0.dev20250604+cu128\nhint: the channel's pages list nightlies from 2025-06-04 to 2025-06-05; "
      "older ones leave the pages after about 60 days; set LAUNCH_CHANNEL_URL to a mirror that kept them\n");
}

TEST_F(Gallery, APackageOfAFurtherIndex) {
  FakeIndex ours(http, "https://wheels.example/simple");
  ours.add("our-kernels", "1.0");
  general.add("our-kernels", "9.0");
  take({"our-kernels>=2"});
  recipe.indexes = {{fakes::url("https://wheels.example/simple"), {"our-kernels"}}};
  EXPECT_EQ(refusal(),
            "error: the requirements of demo cannot be met for Python 3.12 on linux-x86_64:\n  Because demo "
            "requires our-kernels>=2, but the newest our-kernels on https://wheels.example/simple for Python "
            "3.12 on linux-x86_64 is 1.0, the requirements of demo cannot be met.\n\nhint: relax "
            "our-kernels>=2 in the recipe\n");
}

}  // namespace
}  // namespace launch::locking
