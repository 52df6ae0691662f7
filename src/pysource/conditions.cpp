#include "pysource/conditions.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace launch::pysource {
namespace {

/// `TYPE_CHECKING` or `typing.TYPE_CHECKING` and nothing else.
bool is_type_checking(const SourceTree& tree, TokenRange range) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, range, &end);
  return end == range.last && (name == "TYPE_CHECKING" || name.ends_with(".TYPE_CHECKING"));
}

bool is_single(const SourceTree& tree, TokenRange range, std::string_view text) {
  return range.last - range.first == 1 && tree.text(range.first) == text;
}

bool is_false(const SourceTree& tree, TokenRange range) {
  return is_type_checking(tree, range) || is_single(tree, range, "False") || is_single(tree, range, "0");
}

}  // namespace

BranchRun branch_run(const SourceTree& tree, TokenRange test) {
  test = without_brackets(tree, test);
  if (test.empty()) return BranchRun::sometimes;
  if (is_false(tree, test)) return BranchRun::never;
  if (is_single(tree, test, "True") || is_single(tree, test, "1")) return BranchRun::always;
  if (tree.is(test.first, "not")) {
    const auto rest = without_brackets(tree, {test.first + 1, test.last});
    return is_false(tree, rest) ? BranchRun::always : BranchRun::sometimes;
  }
  if (split_range(tree, test, "or").size() > 1) return BranchRun::sometimes;
  const auto parts = split_range(tree, test, "and");
  const bool never = parts.size() > 1 && std::any_of(parts.begin(), parts.end(), [&](TokenRange part) {
                       return is_false(tree, without_brackets(tree, part));
                     });
  return never ? BranchRun::never : BranchRun::sometimes;
}

bool asks_for_feature(const SourceTree& tree, TokenRange test) {
  for (auto i = test.first; i < test.last; ++i) {
    if (!tree.is_name(i)) continue;
    const auto word = to_lower(tree.text(i));
    if (word == "hasattr" || word == "find_spec") return true;
    if (word.find("version") != std::string::npos && word != "version_info") return true;
  }
  return false;
}

bool takes_import_error(const SourceTree& tree, TokenRange head) {
  if (head.empty()) return true;
  for (auto i = head.first; i < head.last && !tree.is(i, "as"); ++i) {
    const auto word = tree.text(i);
    if (word == "ImportError" || word == "ModuleNotFoundError" || word == "Exception" ||
        word == "BaseException") {
      return true;
    }
  }
  return false;
}

bool gives_up(const SourceTree& tree, const std::vector<Statement>& block) {
  return std::any_of(block.begin(), block.end(), [&](const Statement& statement) {
    if (statement.kind != StatementKind::simple || statement.tokens.empty()) return false;
    const auto name = dotted_name(tree, statement.tokens);
    return name == "raise" || name == "exit" || name == "quit" || name == "sys.exit" || name == "os._exit";
  });
}

bool suppresses_import_error(const SourceTree& tree, TokenRange head) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, head, &end);
  if (name != "suppress" && !name.ends_with(".suppress")) return false;
  return end < head.last && takes_import_error(tree, {end, head.last});
}

}  // namespace launch::pysource
