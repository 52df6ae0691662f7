#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probe/source_tree.hpp"
#include "probe/wheel_api.hpp"
#include "pysource/gate_evaluation.hpp"

namespace launch::probe {

/// What the gates before a use do for the version that is checked.
enum class Runs : std::uint8_t {
  yes,      ///< they let it run, or there are none
  no,       ///< they do not let it run
  depends,  ///< that depends on something else than the packages
  unknown,  ///< they are about the packages and could not be evaluated
};

std::string_view runs_name(Runs runs);

/// A use with the effect of its name's verdict there: if one alternative of a group exists, the others need
/// not.
struct JudgedUse {
  Use use;
  pysource::Verdict outcome = pysource::Verdict::unknown;
  Runs runs = Runs::yes;
  /// The gates that are about the version or about names of the packages and let it run: if the use fails,
  /// they are wrong. In the order of the code.
  std::vector<std::uint32_t> passed_lines = {};
  /// Asked only of a use that would fail: how the code that it stands in comes to run.
  Reached reached = Reached::yes;

  /// The need for the version that is checked. A gate that lets the use run leaves the need that it has
  /// without the gate. One that depends on something else makes nothing optional: the use is needed on that
  /// path. One that asks for the packages in a way that cannot be evaluated is taken for correct, here and on
  /// every way to the code.
  pysource::Need need() const;
  bool is_needed() const { return need() == pysource::Need::must || need() == pysource::Need::path; }
  bool fails() const { return outcome == pysource::Verdict::no && is_needed(); }
  bool is_open() const { return outcome == pysource::Verdict::unknown && is_needed(); }
};

struct JudgedName {
  pysource::Requirement requirement;
  pysource::Need need = pysource::Need::must;
  pysource::Answer answer;
  std::vector<JudgedUse> uses;

  bool fails() const;    ///< some use of it will fail
  bool is_open() const;  ///< it is unknown whether a use will fail
};

/// What gates are evaluated with. Without symbols or facts no gate can be evaluated.
struct GateContext {
  const pysource::SymbolTable* symbols = nullptr;
  const CallGraph* calls = nullptr;
  pysource::GateFacts facts = {};
};

/// Combines answers (in the order of the names) with the uses, judging groups of alternatives as a whole. The
/// answers are added to the facts.
std::vector<JudgedName> judge(std::vector<NeededName> names, std::span<const pysource::Answer> answers,
                              GateContext context = {});

}  // namespace launch::probe
