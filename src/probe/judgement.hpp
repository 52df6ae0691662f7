#pragma once

#include <span>
#include <string>
#include <vector>

#include "probe/source_tree.hpp"
#include "probe/wheel_api.hpp"

namespace launch::probe {

/// A use with the effect of its name's verdict there: if one alternative of a group exists, the others need
/// not.
struct JudgedUse {
  Use use;
  pysource::Verdict outcome = pysource::Verdict::unknown;

  bool is_needed() const { return use.need == pysource::Need::must || use.need == pysource::Need::path; }
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

/// Combines answers (in the order of the names) with the uses, judging groups of alternatives as a whole.
std::vector<JudgedName> judge(std::vector<NeededName> names, std::span<const pysource::Answer> answers);

}  // namespace launch::probe
