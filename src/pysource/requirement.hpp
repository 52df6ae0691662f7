#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

namespace launch::pysource {

/// How code reaches a name.
enum class Tier : std::uint8_t {
  import,     ///< `import MODULE`, `from MODULE import NAME`: a submodule NAME counts, Python imports it
  attribute,  ///< `MODULE.NAME` in an expression, MODULE having been imported
  keyword,    ///< `MODULE.NAME(KEYWORD=…)`
};
std::string_view tier_name(Tier tier);

/// The end of the `name` of a requirement that asks whether the class before it is a dataclass with the field
/// `keyword`.
constexpr std::string_view kFieldsOfDataclass = ".__dataclass_fields__";

/// A name that code needs from a package.
struct Requirement {
  std::string module;  ///< what is imported: "torch", "torch.nn"
  std::string name;    ///< empty for `import MODULE`; "*" for `from MODULE import *`; of an attribute, the
                       ///< chain below the module: "nn.functional.relu"
  std::string keyword = {};  ///< the argument's name; only of tier keyword
  Tier tier = Tier::import;

  /// "torch.nn:Module", "torch.nn:", "torch:nn.functional.relu", "torch.nn:Linear(bias=)"
  std::string text() const;
  friend bool operator<(const Requirement& a, const Requirement& b) {
    return std::tie(a.module, a.name, a.tier, a.keyword) < std::tie(b.module, b.name, b.tier, b.keyword);
  }
};

}  // namespace launch::pysource
