#include "pysource/conditions.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "pysource/gate_words.hpp"
#include "pysource/string_values.hpp"

namespace launch::pysource {
namespace {

/// `TYPE_CHECKING` or `typing.TYPE_CHECKING` and nothing else.
bool is_type_checking(const SourceTree& tree, TokenRange range) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, range, &end);
  return end == range.last &&
         (name == "TYPE_CHECKING" || name == "_TYPE_CHECKING" || name.ends_with(".TYPE_CHECKING"));
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
  if (split_range(tree, test, "or").size() > 1) return BranchRun::sometimes;
  const auto parts = split_range(tree, test, "and");
  if (parts.size() > 1) {
    const bool never = std::any_of(parts.begin(), parts.end(), [&](TokenRange part) {
      return is_false(tree, without_brackets(tree, part));
    });
    return never ? BranchRun::never : BranchRun::sometimes;
  }
  if (!tree.is(test.first, "not")) return BranchRun::sometimes;
  const auto rest = without_brackets(tree, {test.first + 1, test.last});
  return is_false(tree, rest) ? BranchRun::always : BranchRun::sometimes;
}

namespace {

/// The first value that the module binds a name to, as in `ERRORS = (ImportError, OSError)`; empty for what
/// is not bound so.
TokenRange value_in_module(const SourceTree& tree, std::string_view name) {
  for (const auto& statement : tree.body()) {
    const auto range = statement.tokens;
    const bool binds = statement.kind == StatementKind::simple && range.last - range.first > 2 &&
                       tree.is(range.first, name) && tree.is(range.first + 1, "=");
    if (binds) return {range.first + 2, range.last};
  }
  return {};
}

/// The same, except for names of exceptions.
TokenRange errors_of(const SourceTree& tree, std::string_view name) {
  if (name.ends_with("Error") || name.ends_with("Exception") || name == "suppress") return {};
  return value_in_module(tree, name);
}

constexpr int kMostNested = 3;

bool has_any(const SourceTree& tree, TokenRange range, std::initializer_list<std::string_view> names,
             int depth) {
  if (depth == kMostNested) return false;
  for (auto i = range.first; i < range.last && !tree.is(i, "as"); ++i) {
    if (!tree.is_name(i)) continue;
    const auto text = tree.text(i);
    if (std::find(names.begin(), names.end(), text) != names.end()) return true;
    const bool alone = i == range.first || !tree.is(i - 1, ".");
    if (alone && has_any(tree, errors_of(tree, text), names, depth + 1)) return true;
  }
  return false;
}

}  // namespace

bool names_any(const SourceTree& tree, TokenRange head, std::initializer_list<std::string_view> names) {
  constexpr std::uint32_t kLongest = 64;
  const bool looks_up = head.last - head.first < kLongest;
  return head.empty() || has_any(tree, head, names, looks_up ? 0 : kMostNested - 1);
}

bool takes_import_error(const SourceTree& tree, TokenRange head) {
  return names_any(tree, head, {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"});
}

bool takes_missing_modules_only(const SourceTree& tree, TokenRange head) {
  return names_any(tree, head, {"ModuleNotFoundError"}) &&
         !names_any(tree, head, {"ImportError", "Exception", "BaseException"});
}

namespace {

bool exits(std::string_view name) {
  return name == "exit" || name == "quit" || name == "sys.exit" || name == "os._exit";
}

/// `raise unittest.SkipTest(…)`, `pytest.skip(…)`, `self.skipTest(…)`
bool skips(const SourceTree& tree, TokenRange statement) {
  if (tree.is(statement.first, "raise")) ++statement.first;
  const auto name = dotted_name(tree, statement);
  return name == "SkipTest" || name.ends_with(".SkipTest") || name == "pytest.skip" ||
         name.starts_with("pytest.skip.") || name == "pytest.xfail" || name.ends_with(".skipTest") ||
         name == "skip";
}

}  // namespace

bool leaves(const SourceTree& tree, TokenRange statement) {
  if (statement.empty()) return false;
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, statement, &end);
  if (name == "raise") return true;
  const bool call = end < statement.last && tree.is(end, "(");
  return call && (exits(name) || skips(tree, statement));
}

bool gives_up(const SourceTree& tree, const std::vector<Statement>& block) {
  return std::any_of(block.begin(), block.end(), [&](const Statement& statement) {
    if (statement.kind != StatementKind::simple || statement.tokens.empty()) return false;
    const auto name = dotted_name(tree, statement.tokens);
    return (name == "raise" || exits(name)) && !skips(tree, statement.tokens);
  });
}

std::vector<TokenRange> atoms_of(const SourceTree& tree, TokenRange test) {
  std::vector<TokenRange> atoms;
  std::vector<TokenRange> open{test};
  while (!open.empty()) {
    const auto next = without_brackets(tree, open.back());
    open.pop_back();
    auto parts = split_range(tree, next, "or");
    if (parts.size() == 1) parts = split_range(tree, next, "and");
    if (parts.size() > 1) {
      open.insert(open.end(), parts.begin(), parts.end());
    } else if (!next.empty() && tree.is(next.first, "not")) {
      open.push_back({next.first + 1, next.last});
    } else {
      atoms.push_back(next);
    }
  }
  return atoms;
}

bool asks_machine(const SourceTree& tree, TokenRange atom) {
  if (atom.empty()) return false;
  auto name = dotted_name(tree, atom);
  if (name.find('.') == std::string::npos && atom.last - atom.first == 1) {
    atom = value_in_module(tree, name);
    name = dotted_name(tree, atom);
  }
  for (const auto* prefix : {"sys.platform", "os.name", "platform.system", "platform.machine"}) {
    if (name.starts_with(prefix)) return true;
  }
  const auto parts = split(name, '.');
  if (parts.size() < 2 || (parts.back() != "is_available" && parts.back() != "device_count")) return false;
  const auto device = parts[parts.size() - 2];
  return device == "accelerator" || is_hardware(device);
}

bool fails_on_import(const SourceTree& tree, TokenRange test) {
  test = without_brackets(tree, test);
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, test, &end);
  if (test.last - end != 2 || !tree.is(end, "==")) return false;
  const auto value = plain_string(tree.text(end + 1));
  return (name == "__name__" && value == "__main__") || (name == "sys.platform" && value == "win32") ||
         (name == "os.name" && value == "nt");
}

bool has_no_constructor(std::string_view base) {
  base.remove_prefix(base.rfind('.') + 1);
  return base == "ABC" || base == "Generic" || base == "Protocol" || base == "object";
}

TokenRange only_base(const SourceTree& tree, TokenRange head) {
  TokenRange only;
  for (const auto each : split_range(tree, parenthesized(tree, head), ",")) {
    std::uint32_t end = 0;
    if (each.empty() || has_no_constructor(dotted_name(tree, each, &end))) continue;
    if (end != each.last || !only.empty()) return {};
    only = each;
  }
  return only;
}

bool suppresses_import_error(const SourceTree& tree, TokenRange head) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree, head, &end);
  const auto last = std::string_view(name).substr(name.rfind('.') + 1);
  if (last != "suppress" && name != "pytest.raises" && last != "assertRaises") return false;
  return end < head.last && takes_import_error(tree, {end, head.last});
}

}  // namespace launch::pysource
