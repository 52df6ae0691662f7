#include "pytorch/api_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::pytorch {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ApiRules, NativeFunctions) {
  EXPECT_THAT(
      read_native_functions(
          "# x\n- func: add.out(Tensor(a!) self, int[2] n=[1, 2], str s=\"a\", *, Tensor(a!) x, Tensor(b!) "
          "y) -> "
          "(Tensor(a!), Tensor(b!))\r\n  variants: function\n  autogen: mul, b.out\n- func: empty() -> ()\n- "
          "func: \n"),
      ElementsAre(Pair("", ElementsAre()), Pair("add.out", ElementsAre("input", "n", "s", "out")),
                  Pair("b.out", ElementsAre()), Pair("empty", ElementsAre()), Pair("mul", ElementsAre())));
}

TEST(ApiRules, WhatMakesTensors) {
  EXPECT_THAT(
      read_native_functions("- func: ones(int n, *, ScalarType? dtype=None) -> Tensor\n"
                            "- func: f(Scalar self, Tensor[] x) -> Tensor\n"
                            "- func: f_like(Tensor? self) -> Tensor\n- func: g(int n) -> int\n"),
      ElementsAre(
          Pair("f", ElementsAre("self", "x")),
          Pair("f_like", ElementsAre("self", "dtype", "layout", "device", "pin_memory", "requires_grad")),
          Pair("g", ElementsAre("n")),
          Pair("ones", ElementsAre("n", "dtype", "layout", "device", "pin_memory", "requires_grad"))));
}

TEST(ApiRules, ScalarTypes) {
  EXPECT_THAT(
      read_scalar_types(
          "#define F(_) \\\n  _(int64_t, Long) /* 4 */ \\\n  _(c10::complex<float>, ComplexFloat) \\\n"
          "  _(c10::Float4_e2m1fn_x2, Float4_e2m1fn_x2)\n  _(x)\n"),
      ElementsAre(Pair("torch:complex64", ElementsAre()), Pair("torch:float4_e2m1fn_x2", ElementsAre()),
                  Pair("torch:int64", ElementsAre())));
}

TEST(ApiRules, IdentifiersOfALibrary) {
  EXPECT_THAT(read_identifiers(std::string_view("\0abc\0x y\0torch.de\0long", 21)),
              ElementsAre(Pair("cba", ElementsAre()), Pair("ed", ElementsAre())));
}

TEST(ApiRules, TheTables) {
  const auto& rules = api_rules();
  EXPECT_EQ(rules.plug_ins.at("torch.npu"), "torch_npu");
  EXPECT_EQ(rules.plug_ins.at("torch.tpu"), "torch_tpu");
  EXPECT_TRUE(rules.hand_made_operators.contains("add.int"));
  EXPECT_TRUE(rules.transparent_decorators.contains("no_grad"));
}

TEST(ApiRules, AnUnknownKind) {
  const auto rules = read_api_rules("kind\tname\tvalue\tsource\nodd\tx\t-\ty\n", "name\tversions\tsource\n");
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().message(), "python_names.tsv: the row of \"x\" has an unknown kind: odd");
}

}  // namespace
}  // namespace launch::pytorch
