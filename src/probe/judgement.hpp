#pragma once

#include <span>
#include <string>
#include <vector>

#include "probe/source_tree.hpp"
#include "probe/wheel_api.hpp"

namespace launch::probe {

/// A use with what its name's verdict means in its place: with one of several alternatives there, the others
/// need not be.
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
  bool is_open() const;  ///< whether a use will fail is not known
};

/// Puts answers (in the order of the names) to the uses, groups of alternatives as a whole.
std::vector<JudgedName> judge(std::vector<NeededName> names, std::span<const pysource::Answer> answers);

}  // namespace launch::probe
