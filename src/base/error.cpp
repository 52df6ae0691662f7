#include "base/error.hpp"

#include "base/text.hpp"

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

Error&& Error::because_of(int number) && {
  number_ = number;
  return std::move(*this);
}

Error&& Error::without_hints() && {
  hints_.clear();
  return std::move(*this);
}

Error&& Error::as(ErrorKind kind) && {
  kind_ = kind;
  return std::move(*this);
}

std::string Error::text() const {
  std::string out = "error: " + printable_message(message_) + "\n";
  for (const auto& step : steps_) out += "  while " + printable_message(step) + "\n";
  if (!hints_.empty()) out += "\n";
  for (const auto& hint : hints_) out += "hint: " + printable_message(hint) + "\n";
  return out;
}

}  // namespace launch
