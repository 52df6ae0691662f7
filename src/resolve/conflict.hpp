#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace launch::resolve {

/// A package with some of its versions, as shown to the user: "a 2.0", "b<1", "every version of c".
struct Term {
  std::string package;  ///< "a", "a[x]"
  std::string text;
  bool positive = true;  ///< chosen in one of these versions; else not chosen in any of them
  bool root = false;     ///< the recipe itself
};

/// The project of a term: "a" of "a[x]".
inline std::string_view project_of(const Term& term) {
  return std::string_view(term.package).substr(0, term.package.find('['));
}

/// What a fact means for a person who wants another outcome.
struct Advice {
  std::string asks = {};     ///< what the root itself asks for: "b<1", "the constraint b<1"
  std::string lacks = {};    ///< the package that has no version which a requirement allows
  std::string way_out = {};  ///< what else would help, an imperative: "try another Python"
  bool ruled_out = false;    ///< such a version exists; the provider rules it out for now (Reason::ruled_out)
};

/// One step of the proof that there is no solution: these terms cannot all be true.
struct Fact {
  enum class Kind {
    given,    ///< from the index or the recipe; `text` is the sentence: "a 2.0 requires b<1"
    link,     ///< an extra has its package's version; not worth explaining
    derived,  ///< follows from `left` and `right`
  };
  Kind kind = Kind::given;
  std::string text;
  Advice advice = {};  ///< of given facts
  std::vector<Term> terms;
  std::size_t left = 0;
  std::size_t right = 0;
};

/// The proof. Causes precede what they prove; the last fact is that the root's requirements cannot be met.
struct Conflict {
  std::string root;
  std::vector<Fact> facts;
};

}  // namespace launch::resolve
