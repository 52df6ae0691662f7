#include "base/fold_case.hpp"

#include <gtest/gtest.h>

namespace launch {
namespace {

TEST(FoldCase, IsTheSameForAllCasesOfALetter) {
  EXPECT_EQ(fold_case("Foo_1.PY"), "foo_1.py");
  EXPECT_EQ(fold_case("ÉÀÑ.py"), "éàñ.py");
  EXPECT_EQ(fold_case("ЖДЯ"), "ждя");
  EXPECT_EQ(fold_case("ΣΑΣ"), fold_case("σας"));
  EXPECT_EQ(fold_case("\u212a"), "k") << "the sign of kelvin";
  EXPECT_EQ(fold_case("ẞ"), "ß");
  EXPECT_EQ(fold_case("\U00010400"), "\U00010428") << "four bytes";
}

TEST(FoldCase, LeavesWhatIsNoOtherCase) {
  for (const auto* text : {"", "ß", "ı", "İ", "日本.py", "😀", "e\u0301"}) EXPECT_EQ(fold_case(text), text);
}

}  // namespace
}  // namespace launch
