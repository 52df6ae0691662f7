#include "probe/fallbacks.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

const MovedName kMoved{"old.place", "new.place"};

/// The source's diff with those names moved.
std::string diff(const std::string& source, const std::map<SourcePlace, MovedName>& moved) {
  return unified_diff("a.py", source, write_fallbacks(source, moved).edits);
}

TEST(Fallbacks, AnImportOfOneName) {
  EXPECT_EQ(diff("import os\nfrom old.place import X as Y  # noqa\nprint(Y)\n", {{{2, 23}, kMoved}}),
            "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,6 @@\n import os\n"
            "-from old.place import X as Y  # noqa\n"
            "+try:\n+    from new.place import X as Y\n+except ImportError:\n"
            "+    from old.place import X as Y  # noqa\n print(Y)\n");
}

TEST(Fallbacks, NamesThatDidNotMoveStay) {
  const std::string source = "def f():\n    from old.place import a, X, b\n";
  const std::string before =
      "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,6 @@\n def f():\n-    from old.place import a, X, b\n";
  const std::string after =
      "+    try:\n+        from new.place import X\n+    except ImportError:\n+        from old.place import "
      "X\n";
  EXPECT_EQ(diff(source, {{{2, 30}, kMoved}}), before + "+    from old.place import a, b\n" + after);
  EXPECT_EQ(diff("def f():\n    from old.place import X, a, b\n", {{{2, 27}, kMoved}}),
            "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,6 @@\n def f():\n-    from old.place import X, a, b\n"
            "+    from old.place import a, b\n" +
                after);
  EXPECT_EQ(diff("def f():\n    from old.place import a, b, X\n", {{{2, 33}, kMoved}}),
            "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,6 @@\n def f():\n-    from old.place import a, b, X\n"
            "+    from old.place import a, b\n" +
                after);
}

TEST(Fallbacks, AListOverSeveralLinesKeepsItsForm) {
  EXPECT_EQ(
      diff("from old.place import (\n    a,  # one\n    X,  # two\n    b as c,\n    Z,\n)\nx = 1\n",
           {{{3, 5}, kMoved}, {{5, 5}, kMoved}}),
      "--- a/a.py\n+++ b/a.py\n@@ -1,7 +1,9 @@\n-from old.place import (\n-    a,  # one\n-    X,  # two\n"
      "-    b as c,\n-    Z,\n-)\n+from old.place import (\n+    a,  # one\n+    b as c,\n+)\n+try:\n"
      "+    from new.place import X, Z\n+except ImportError:\n+    from old.place import X, Z\n x = 1\n");
  const std::string moved =
      "+try:\n+    from new.place import X\n+except ImportError:\n+    from old.place import X\n";
  for (const std::string end : {"    X)  # three\n", "    X,  # two\n)  # three\n"}) {
    const auto lines = std::count(end.begin(), end.end(), '\n') + 2;
    EXPECT_EQ(diff("from old.place import (\n    a,  # one\n" + end, {{{3, 5}, kMoved}}),
              "--- a/a.py\n+++ b/a.py\n@@ -1," + std::to_string(lines) +
                  " +1,7 @@\n-from old.place import (\n-    a,  # one\n" +
                  (lines == 3 ? "-    X)  # three\n" : "-    X,  # two\n-)  # three\n") +
                  "+from old.place import (\n+    a,  # one\n+)  # three\n" + moved);
  }
}

TEST(Fallbacks, TabsAndLineEndsStay) {
  EXPECT_EQ(diff("if x:\r\n\tfrom old.place import X\r\n", {{{2, 24}, kMoved}}),
            "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,5 @@\n if x:\r\n-\tfrom old.place import X\r\n+\ttry:\r\n"
            "+\t\tfrom new.place import X\r\n+\texcept ImportError:\r\n+\t\tfrom old.place import X\r\n");
}

TEST(Fallbacks, AModuleUnderAnotherName) {
  EXPECT_EQ(diff("import old.place as p", {{{1, 8}, kMoved}}),
            "--- a/a.py\n+++ b/a.py\n@@ -1,1 +1,4 @@\n-import old.place as p\n\\ No newline at end of file\n"
            "+try:\n+    import new.place as p\n+except ImportError:\n+    import old.place as p\n"
            "\\ No newline at end of file\n");
}

TEST(Fallbacks, WhatCannotBeRewrittenIsSaid) {
  const auto why = [](const std::string& source, SourcePlace place) {
    const auto rewriting = write_fallbacks(source, {{place, kMoved}});
    EXPECT_TRUE(rewriting.edits.empty()) << source;
    return rewriting.refused.at(place);
  };
  EXPECT_EQ(why("import old.place\n", {1, 8}),
            "`import a.b` binds only a, so the code must be changed to name the other module");
  for (const std::string source : {"from old.place import X; y = 1\n", "if x: from old.place import X\n"})
    EXPECT_EQ(why(source, {1, static_cast<std::uint32_t>(source.find('X') + 1)}),
              "it shares its line with other code");
}

TEST(Fallbacks, HunksAreSharedByNearEdits) {
  std::string source;
  for (int i = 0; i < 30; ++i) source += i == 2 || i == 8 || i == 25 ? "from old.place import X\n" : "x\n";
  EXPECT_EQ(
      diff(source, {{{3, 23}, kMoved}, {{9, 23}, kMoved}, {{26, 23}, kMoved}}),
      "--- a/a.py\n+++ b/a.py\n@@ -1,12 +1,18 @@\n x\n x\n-from old.place import X\n+try:\n"
      "+    from new.place import X\n+except ImportError:\n+    from old.place import X\n x\n x\n x\n x\n x\n"
      "-from old.place import X\n+try:\n+    from new.place import X\n+except ImportError:\n"
      "+    from old.place import X\n x\n x\n x\n@@ -23,7 +29,10 @@\n x\n x\n x\n-from old.place import X\n"
      "+try:\n+    from new.place import X\n+except ImportError:\n+    from old.place import X\n x\n x\n "
      "x\n");
  EXPECT_EQ(unified_diff("a b.py", "x\n", {{0, 1, {"y"}}}),
            "--- a/a b.py\t\n+++ b/a b.py\t\n@@ -1,1 +1,1 @@\n-x\n+y\n");
}

}  // namespace
}  // namespace launch::probe
