#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.hpp"

namespace launch::fabric {

/// A release of NCCL.
struct NcclVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;

  /// "2.27.3" or "2.27"; what follows the numbers ("+cuda12.4", "-1") is ignored. nullopt for anything else.
  static std::optional<NcclVersion> parse(std::string_view text);
  std::string text() const;
  friend bool operator==(const NcclVersion&, const NcclVersion&) = default;
  friend std::strong_ordering operator<=>(const NcclVersion& a, const NcclVersion& b) {
    return std::tie(a.major, a.minor, a.patch) <=> std::tie(b.major, b.minor, b.patch);
  }
};

/// The newest release that data/variables.tsv was made from.
inline constexpr NcclVersion kNewestNccl{2, 30, 7};

/// A row of data/variables.tsv: a variable that NCCL reads.
struct KnownVariable {
  enum class Part { system, debugging, none };

  std::string name;
  /// "number", "level", "devices", "interfaces", "text", or words: "AF_INET|AF_INET6", with the marks that
  /// the table explains.
  std::string values;
  NcclVersion since = {};
  std::optional<NcclVersion> until = {};  ///< the first release that reads it no more
  Part part = Part::none;                 ///< of NCCL's guide
  std::string source;

  bool known_by(const NcclVersion& version) const { return version >= since && (!until || version < *until); }
};

/// Errors (input): an invalid row.
Result<std::vector<KnownVariable>> read_variables(std::string_view text);
const std::vector<KnownVariable>& known_variables();
/// Null if NCCL never read a variable of that name.
const KnownVariable* known_variable(std::string_view name);

/// A row of data/other_names.tsv: a name that looks like one of NCCL's.
struct OtherName {
  std::string pattern;  ///< "*" at the end stands for any rest
  std::string read_by;  ///< empty if nothing reads it
  std::string advice;   ///< "use NCCL_DEBUG"; empty if something reads it
};

Result<std::vector<OtherName>> read_other_names(std::string_view text);
/// The first row that fits; null if there is none.
const OtherName* other_name(std::string_view name);

/// The number that NCCL reads in a value, as strtoll(3) with base 0 does: 1 in "1x", 0 in "true", 8 in "010".
/// nullopt if it keeps its default: for an empty value, or one out of range.
std::optional<std::int64_t> number_read(std::string_view value);

/// Why NCCL does not take a value as it is meant: `expected a number, found "true"`. nullopt if it does.
std::optional<std::string> bad_value(const KnownVariable& variable, std::string_view value);

}  // namespace launch::fabric
