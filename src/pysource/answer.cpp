#include "pysource/answer.hpp"

namespace launch::pysource {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::yes:
      return "yes";
    case Verdict::no:
      return "no";
    case Verdict::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace launch::pysource
