#include "specs/accelerator.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

enum class Numbers { none, digits, dotted };  // "", "128" for 12.8, "6.3" or "6.2.4"

struct Row {
  Accelerator::Kind kind;
  std::string_view name;
  Numbers numbers;
};

constexpr std::array kRows = {
    Row{Accelerator::Kind::cuda, "cu", Numbers::digits},
    Row{Accelerator::Kind::rocm, "rocm", Numbers::dotted},
    Row{Accelerator::Kind::xpu, "xpu", Numbers::none},
    Row{Accelerator::Kind::cpu, "cpu", Numbers::none},
};

const Row& row_of(Accelerator::Kind kind) {
  return *std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.kind == kind; });
}

/// The numbers of a dotted version without leading zeros or signs; empty for anything else.
std::vector<unsigned> dotted(std::string_view text) {
  constexpr std::uint64_t kMost = 999;
  std::vector<unsigned> numbers;
  for (const auto part : split(text, '.')) {
    const auto number = parse_u64(part);
    if (!number || *number > kMost || part != std::to_string(*number)) return {};
    numbers.push_back(static_cast<unsigned>(*number));
  }
  return numbers;
}

/// "128" means 12.8: the last digit is the minor version.
std::vector<unsigned> digits(std::string_view text) {
  if ((text.size() != 2 && text.size() != 3) || !std::all_of(text.begin(), text.end(), is_digit)) return {};
  if (text.front() == '0') return {};
  const auto number = static_cast<unsigned>(*parse_u64(text));
  return {number / 10, number % 10};
}

}  // namespace

Result<Accelerator> Accelerator::parse(std::string_view text) {
  for (const auto& row : kRows) {
    if (!text.starts_with(row.name)) continue;
    const auto rest = text.substr(row.name.size());
    Accelerator made;
    made.kind_ = row.kind;
    if (row.numbers == Numbers::none) {
      if (rest.empty()) return made;
      continue;
    }
    const auto numbers = row.numbers == Numbers::digits ? digits(rest) : dotted(rest);
    if (numbers.size() < 2 || numbers.size() > 3) continue;
    made.major_ = numbers[0];
    made.minor_ = numbers[1];
    if (numbers.size() == 3) made.patch_ = numbers[2];
    return made;
  }
  return fail(input_error(fmt::format(
      "unknown accelerator {}: expected cuXXX, rocmX.Y, xpu or cpu, such as cu128", in_quotes(text))));
}

Accelerator Accelerator::cuda(unsigned major, unsigned minor) {
  Accelerator made;
  made.kind_ = Kind::cuda;
  made.major_ = major;
  made.minor_ = minor;
  return made;
}

std::optional<Accelerator> Accelerator::of_local_version(std::string_view local) {
  // Letters and digits, and dots before digits; anything else starts another part, as in "cu121.full".
  std::size_t end = 0;
  const auto goes_on = [&](std::size_t at) {
    const bool before_digit = at + 1 < local.size() && is_digit(local[at + 1]);
    return is_alphanumeric(local[at]) || (local[at] == '.' && before_digit);
  };
  while (end < local.size() && goes_on(end)) ++end;
  const auto found = parse(local.substr(0, end));
  return found ? std::optional(*found) : std::nullopt;
}

std::string Accelerator::text() const {
  const auto& row = row_of(kind_);
  if (row.numbers == Numbers::none) return std::string(row.name);
  if (row.numbers == Numbers::digits) return fmt::format("{}{}{}", row.name, major_, minor_);
  return fmt::format("{}{}", row.name, version());
}

std::string Accelerator::version() const {
  if (row_of(kind_).numbers == Numbers::none) return {};
  return patch_ ? fmt::format("{}.{}.{}", major_, minor_, *patch_) : fmt::format("{}.{}", major_, minor_);
}

}  // namespace launch::specs
