#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// Top-level modules that are checked; empty: any.
using Roots = std::set<std::string, std::less<>>;

/// The words of a Python name, in lower case: "_TORCH_GREATER_EQUAL_2_6" has torch, greater, equal, 2 and 6;
/// "RequirementCache" has requirement and cache.
std::vector<std::string> words_of(std::string_view name);

/// A comparison of a distribution's version with a literal, as a name states it.
struct NamedComparison {
  std::string distribution;  ///< "torch"; empty if the name does not say
  std::string op;            ///< ">=", "<", …; empty if the name does not say
  std::string version;       ///< "2.6"; empty if the name does not say
};

/// Reads names like `_TORCH_GREATER_EQUAL_2_6`, `TORCH_2_6_PLUS`, `is_torch_less_than_2_6` and
/// `is_torch_greater_or_equal`. nullopt if it neither compares nor has a version.
std::optional<NamedComparison> named_comparison(std::string_view name);

/// True for `is_torch_available`, `_TORCH_AVAILABLE`, `HAS_TORCH`, and no more than that: then `package` is
/// "torch".
std::optional<std::string> named_package(std::string_view name);

/// True for names that say something about a package's version or features: `TORCH_VERSION`,
/// `is_torch_flex_attn_available`; not for those of devices, such as `is_torch_xpu_available`.
bool names_feature(std::string_view name, const Roots& roots);

/// True for a part of hardware, "cuda": whether torch can use it depends on the machine.
bool is_hardware(std::string_view word);

/// What a name in an expression says about whether the expression can be about versions or features.
enum class Interest : std::uint8_t {
  none,
  asks,    ///< hasattr, getattr, None, …: if a package is asked
  strong,  ///< a version, a helper, a flag: in any case
};
Interest interest_of(std::string_view word, const Roots& roots);

/// True if code that is not understood asks for the version or features of the packages.
bool asks_for_feature(const SourceTree& tree, TokenRange range, const Roots& roots);

}  // namespace launch::pysource
