#pragma once

#include <span>
#include <string>
#include <vector>

#include "probe/source_tree.hpp"
#include "probe/wheel_api.hpp"

namespace launch::probe {

/// "no" is worse than "unknown", and that than "yes".
Verdict worse(Verdict a, Verdict b);

/// A use with what its name's verdict means in its place: with one of several alternatives there, the others
/// need not be.
struct JudgedUse {
  Use use;
  Verdict outcome = Verdict::unknown;

  bool is_needed() const { return use.need == Need::must || use.need == Need::path; }
  bool fails() const { return outcome == Verdict::no && is_needed(); }
  bool is_open() const { return outcome == Verdict::unknown && is_needed(); }
};

struct JudgedName {
  Requirement requirement;
  Need need = Need::must;
  Answer answer;
  std::vector<JudgedUse> uses;

  bool fails() const;    ///< some use of it will fail
  bool is_open() const;  ///< whether a use will fail is not known
};

/// Puts answers (in the order of the names) to the uses, groups of alternatives as a whole.
std::vector<JudgedName> judge(std::vector<NeededName> names, std::span<const Answer> answers);

}  // namespace launch::probe
