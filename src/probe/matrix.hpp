#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probe/source_tree.hpp"
#include "probe/versions.hpp"
#include "pysource/answer.hpp"

namespace launch::probe {

/// A version that answered.
struct AskedVersion {
  std::string version;
  std::string file_name;
  std::optional<specs::Interpreter> python = {};
};

/// Neighbouring versions with the same verdict.
struct Stretch {
  pysource::Verdict verdict = pysource::Verdict::unknown;
  std::size_t first = 0;  ///< places among the versions
  std::size_t last = 0;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// A name in all versions.
struct MatrixRow {
  NeededName name;                      ///< without uses if it was named on the command line
  std::vector<pysource::Answer> cells;  ///< by version

  /// Nothing is assumed to stay as it is: a name can come, go and come again.
  std::vector<Stretch> stretches() const;
  bool changes() const;
  bool is_always(pysource::Verdict verdict) const;
};

/// Which version of a package has which name.
struct Matrix {
  std::string package;
  std::vector<AskedVersion> versions;                    ///< at least one; oldest first
  std::vector<SkippedVersion> skipped;                   ///< versions that could not be read included
  std::vector<std::string> prereleases;                  ///< that were left out
  std::vector<MatrixRow> rows;                           ///< sorted by name
  std::vector<MatrixRow> questions;                      ///< further names that gates in the code ask for
  std::shared_ptr<const pysource::SymbolTable> symbols;  ///< what the gates refer to; null without code
  std::shared_ptr<const CallGraph> calls;                ///< null without code
  std::size_t files = 0;                                 ///< of the code
  std::vector<FileProblem> problems;
};

}  // namespace launch::probe
