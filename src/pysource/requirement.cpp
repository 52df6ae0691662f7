#include "pysource/requirement.hpp"

namespace launch::pysource {

std::string_view tier_name(Tier tier) {
  switch (tier) {
    case Tier::import:
      return "import";
    case Tier::attribute:
      return "attribute";
    case Tier::keyword:
      return "keyword";
  }
  return "import";
}

std::string Requirement::text() const {
  auto text = module + ":" + name;
  if (tier == Tier::keyword) text += "(" + keyword + "=)";
  return text;
}

}  // namespace launch::pysource
