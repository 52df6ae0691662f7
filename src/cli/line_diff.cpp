#include "cli/line_diff.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::cli {

std::string line_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                      std::string_view new_name) {
  const auto before = lines(old_text);
  const auto after = lines(new_text);
  // shared[i][j]: length of the longest common subsequence of before[i..] and after[j..].
  std::vector<std::vector<std::size_t>> shared(before.size() + 1, std::vector<std::size_t>(after.size() + 1));
  for (auto i = before.size(); i-- > 0;) {
    for (auto j = after.size(); j-- > 0;) {
      shared[i][j] =
          before[i] == after[j] ? shared[i + 1][j + 1] + 1 : std::max(shared[i + 1][j], shared[i][j + 1]);
    }
  }
  auto out = fmt::format("--- {}\n+++ {}\n", old_name, new_name);
  bool in_run = false;
  std::size_t i = 0;
  std::size_t j = 0;
  const auto change = [&](char sign, std::string_view line) {
    if (!in_run && i > 0) out += fmt::format(" {}\n", before[i - 1]);
    in_run = true;
    out += fmt::format("{}{}\n", sign, line);
  };
  while (i < before.size() || j < after.size()) {
    if (i < before.size() && j < after.size() && before[i] == after[j]) {
      in_run = false;
      ++i, ++j;
    } else if (j == after.size() || (i < before.size() && shared[i + 1][j] >= shared[i][j + 1])) {
      change('-', before[i]);
      ++i;
    } else {
      change('+', after[j]);
      ++j;
    }
  }
  return out;
}

}  // namespace launch::cli
