#include "pysource/gate_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {

bool is_hardware(std::string_view word) {
  constexpr std::array<std::string_view, 20> kWords = {
      "cuda", "gpu", "xpu",  "npu",  "hpu",  "mps",  "mlu",  "musa",       "xla",  "tpu",
      "rocm", "hip", "bf16", "fp16", "tf32", "nccl", "gloo", "neuroncore", "sdaa", "device"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

namespace {

using Words = std::vector<std::string>;

bool is_number(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Comparator {
  std::array<std::string_view, 4> words;
  std::string_view op;
};

/// The longest first, where one begins like another.
constexpr std::array<Comparator, 40> kComparators = {{
    {{"greater", "than", "or", "equal"}, ">="},
    {{"less", "than", "or", "equal"}, "<="},
    {{"greater", "or", "equal"}, ">="},
    {{"less", "or", "equal"}, "<="},
    {{"lower", "or", "equal"}, "<="},
    {{"equal", "or", "newer"}, ">="},
    {{"equal", "or", "greater"}, ">="},
    {{"equal", "or", "higher"}, ">="},
    {{"equal", "or", "later"}, ">="},
    {{"newer", "or", "equal"}, ">="},
    {{"higher", "or", "equal"}, ">="},
    {{"later", "or", "equal"}, ">="},
    {{"min", "version"}, ">="},
    {{"minimum", "version"}, ">="},
    {{"or", "newer"}, ">="},
    {{"or", "later"}, ">="},
    {{"or", "higher"}, ">="},
    {{"or", "above"}, ">="},
    {{"greater", "equal"}, ">="},
    {{"less", "equal"}, "<="},
    {{"lower", "equal"}, "<="},
    {{"at", "least"}, ">="},
    {{"at", "most"}, "<="},
    {{"not", "equal"}, "!="},
    {{"greater"}, ">"},
    {{"less"}, "<"},
    {{"lower"}, "<"},
    {{"newer"}, ">"},
    {{"older"}, "<"},
    {{"before"}, "<"},
    {{"below"}, "<"},
    {{"atleast"}, ">="},
    {{"plus"}, ">="},
    {{"after"}, ">="},
    {{"ge"}, ">="},
    {{"gte"}, ">="},
    {{"geq"}, ">="},
    {{"gt"}, ">"},
    {{"le"}, "<="},
    {{"lte"}, "<="},
}};
constexpr std::array<Comparator, 4> kShortComparators = {
    {{{"lt"}, "<"}, {{"eq"}, "=="}, {{"equal"}, "=="}, {{"equals"}, "=="}}};

/// The words of the comparator at `at`, and its sign.
std::size_t comparator_at(const Words& words, std::size_t at, std::string_view& op) {
  const auto fits = [&](const Comparator& each) -> std::size_t {
    std::size_t count = 0;
    for (const auto word : each.words) {
      if (word.empty()) break;
      if (at + count >= words.size() || words[at + count] != word) return 0;
      ++count;
    }
    return count;
  };
  for (const auto& each : kComparators) {
    if (const auto count = fits(each)) return op = each.op, count;
  }
  for (const auto& each : kShortComparators) {
    if (const auto count = fits(each)) return op = each.op, count;
  }
  return 0;
}

bool is_filler(std::string_view word) {
  return word == "is" || word == "has" || word == "if" || word == "version" || word == "versions" ||
         word == "than" || word == "to" || word == "or" || word == "v" || word == "ver" || word == "the" ||
         word == "check" || word == "require" || word == "requires" || word == "required" || word == "with" ||
         word == "use" || word == "using" || word == "support" || word == "supports" || word == "skip" ||
         word == "skipif" || word == "min" || word == "minimum" || word == "installed" || word == "current" ||
         word == "running" || word == "on" || word == "for" || word == "we" || word == "have" ||
         word == "package" || word == "library" || word == "release";
}

bool is_root(std::string_view word, const Roots& roots) {
  if (word == "pytorch") word = "torch";
  return roots.empty() ? word == "torch" : roots.contains(word);
}

bool is_feature(std::string_view word) {
  constexpr std::array<std::string_view, 14> kWords = {
      "version", "versions", "available", "availability", "support", "supports", "supported",
      "has",     "have",     "feature",   "compat",       "legacy",  "min",      "max"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

Words words_of(std::string_view name) {
  Words words;
  char last = '_';
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    const bool upper = c >= 'A' && c <= 'Z';
    const bool last_digit = last >= '0' && last <= '9';
    const bool last_lower = last >= 'a' && last <= 'z';
    if (c != '_' && c != '.') {
      const bool begins = last == '_' || last == '.' || (upper && last_lower) || digit != last_digit;
      if (begins) words.emplace_back();
      words.back() += static_cast<char>(upper ? c - 'A' + 'a' : c);
    }
    last = c;
  }
  return words;
}

std::optional<NamedComparison> named_comparison(std::string_view name) {
  const auto words = words_of(name);
  NamedComparison found;
  Words package;
  bool after = false;  // the package's name is over
  for (std::size_t i = 0; i < words.size();) {
    std::string_view op;
    if (const auto count = comparator_at(words, i, op)) {
      if (!found.op.empty()) return std::nullopt;
      found.op = op;
      i += count;
      after = true;
      continue;
    }
    if (is_number(words[i])) {
      if (!found.version.empty()) found.version += '.';
      found.version += words[i];
      after = true;
    } else if (!is_filler(words[i])) {
      if (after) return std::nullopt;
      package.push_back(words[i] == "pytorch" || words[i] == "pt" ? "torch" : words[i]);
    }
    ++i;
  }
  if (found.op.empty() && found.version.empty()) return std::nullopt;
  found.distribution = join(package, "-");
  return found;
}

std::optional<std::string> named_package(std::string_view name) {
  auto words = words_of(name);
  if (words.size() < 2) return std::nullopt;
  const bool ends = words.back() == "available" || words.back() == "installed";
  if (words.front() == "is" && ends) {
    words.erase(words.begin());
    words.pop_back();
  } else if (words.front() == "has" || words.front() == "have" || words.front() == "with") {
    words.erase(words.begin());
  } else if (ends) {
    words.pop_back();
  } else {
    return std::nullopt;
  }
  if (words.size() != 1) return std::nullopt;
  return words.front() == "pytorch" ? "torch" : words.front();
}

bool names_feature(std::string_view name, const Roots& roots) {
  const auto words = words_of(name);
  bool root = false;
  bool feature = false;
  for (const auto& word : words) {
    if (is_hardware(word)) return false;
    root = root || is_root(word, roots);
    std::string_view op;
    feature = feature || is_feature(word) || is_number(word);
    feature = feature || comparator_at(words, static_cast<std::size_t>(&word - words.data()), op) > 0;
  }
  return root && feature;
}

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `part` is in lower case.
bool contains(std::string_view word, std::string_view part) {
  return std::search(word.begin(), word.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == b; }) != word.end();
}

/// A quick answer to whether the name can have a root among its words.
bool may_name_root(std::string_view word, const Roots& roots) {
  if (roots.empty() || roots.contains("torch")) {
    if (contains(word, "torch") || contains(word, "pt")) return true;
    if (roots.size() < 2) return false;
  }
  // Other roots only in flags.
  if (word.find('_') == std::string_view::npos) return false;
  const auto words = words_of(word);
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& each) { return is_root(each, roots); });
}

}  // namespace

Interest interest_of(std::string_view word, const Roots& roots) {
  if (word == "hasattr" || word == "getattr" || word == "dir" || word == "signature" || word == "None" ||
      word == "getfullargspec" || word == "callable" || word == "__dataclass_fields__" || word == "vars" ||
      word == "__dict__") {
    return Interest::asks;
  }
  if (word == "find_spec" || word == "get_distribution" || word == "importorskip") return Interest::strong;
  if (contains(word, "version")) return word == "version_info" ? Interest::none : Interest::strong;
  if (!may_name_root(word, roots)) return Interest::none;
  if (names_feature(word, roots)) return Interest::strong;
  if (const auto package = named_package(word); package && is_root(*package, roots)) return Interest::strong;
  const auto named = named_comparison(word);
  return named && !named->distribution.empty() && !named->op.empty() ? Interest::strong : Interest::none;
}

bool asks_for_feature(const SourceTree& tree, TokenRange range, const Roots& roots) {
  bool root = false;
  bool feature = false;
  for (auto i = range.first; i < range.last; ++i) {
    if (tree.token(i).kind == TokenKind::string) {
      const auto text = plain_string(tree.text(i));
      root =
          root || (text && is_root(std::string_view(*text).substr(0, text->find_first_of(".>=<!~ ")), roots));
    }
    if (!tree.is_name(i)) continue;
    const auto word = tree.text(i);
    if (names_feature(word, roots)) return true;
    root = root || is_root(word, roots);
    feature = feature || word == "hasattr" || word == "find_spec" || word == "__version__" ||
              (word != "version_info" && to_lower(word).find("version") != std::string::npos);
  }
  return root && feature;
}

}  // namespace launch::pysource
