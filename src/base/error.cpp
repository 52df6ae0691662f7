#include "base/error.hpp"

namespace launch {

Error& Error::during(std::string step) & {
  steps_.push_back(std::move(step));
  return *this;
}

Error&& Error::during(std::string step) && {
  return std::move(during(std::move(step)));
}

Error& Error::hint(std::string text) & {
  hints_.push_back(std::move(text));
  return *this;
}

Error&& Error::hint(std::string text) && {
  return std::move(hint(std::move(text)));
}

std::string Error::text() const {
  std::string out = "error: " + message_ + "\n";
  for (const auto& step : steps_) out += "  while " + step + "\n";
  if (!hints_.empty()) out += "\n";
  for (const auto& hint : hints_) out += "hint: " + hint + "\n";
  return out;
}

}  // namespace launch
