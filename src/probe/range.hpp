#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "probe/matrix.hpp"
#include "project/needs.hpp"
#include "pysource/answer.hpp"

namespace launch::probe {

/// Which needs set a bound.
enum class Needs : std::uint8_t {
  must,  ///< of names that importing the code needs
  path,  ///< also of those in functions, branches and error handlers
};

/// A name that a version lacks and code needs there.
struct Lack {
  pysource::Requirement requirement;
  std::string reason;
  Use use;  ///< the first
};

/// Neighbouring versions that have all that is needed.
struct Allowed {
  std::size_t first = 0;  ///< places among the versions
  std::size_t last = 0;
  friend bool operator==(const Allowed&, const Allowed&) = default;
};

/// A bound that the tree's own files declare, and versions that contradict it.
struct DeclaredBound {
  std::string text;                  ///< "torch>=2.0"
  std::string place;                 ///< "pyproject.toml:12"
  std::vector<std::size_t> lacking;  ///< versions that it allows although they lack something
  std::vector<std::size_t> refused;  ///< versions that it excludes although they lack nothing
};

/// The versions that code's needed names allow.
struct VersionRange {
  Matrix matrix;
  std::vector<std::vector<Lack>> lacks;  ///< of each version; sorted by name
  std::vector<std::size_t> unknown;      ///< of each version: needed names for which the answer is unknown
  std::vector<Allowed> allowed;          ///< oldest first
  std::vector<DeclaredBound> declared;

  /// The newest stretch: what range answers with. Null if no version is allowed.
  const Allowed* answer() const { return allowed.empty() ? nullptr : &allowed.back(); }
  /// No version is allowed, or the tree declares one that is not.
  bool fails() const;
};

/// Judges the matrix's rows for each of its versions. A name that may be missing sets no bound, nor does one
/// that is unknown. After a stop, the result is not whole. Pure.
VersionRange range_of(Matrix matrix, Needs needs, const std::vector<project::FoundRequirement>& declared,
                      const std::stop_token& stop = {});

}  // namespace launch::probe
