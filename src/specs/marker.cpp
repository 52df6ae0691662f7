#include "specs/marker.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/marker_parser.hpp"
#include "specs/name.hpp"
#include "specs/scanner.hpp"
#include "specs/specifier.hpp"

namespace launch::specs {

/// The variables of markers.
enum class Variable {
  none,  // a quoted string
  implementation_name,
  implementation_version,
  os_name,
  platform_machine,
  platform_python_implementation,
  platform_release,
  platform_system,
  platform_version,
  python_full_version,
  python_version,
  sys_platform,
  extra,
  extras,
  dependency_groups,
};

namespace {

using Spelling = std::pair<std::string_view, Variable>;

/// All spellings (the dotted ones are from PEP 345); the first spelling of a variable is the one written out.
constexpr std::array<Spelling, 20> kVariables = {{
    {"implementation_name", Variable::implementation_name},
    {"implementation_version", Variable::implementation_version},
    {"os_name", Variable::os_name},
    {"os.name", Variable::os_name},
    {"platform_machine", Variable::platform_machine},
    {"platform.machine", Variable::platform_machine},
    {"platform_python_implementation", Variable::platform_python_implementation},
    {"platform.python_implementation", Variable::platform_python_implementation},
    {"python_implementation", Variable::platform_python_implementation},
    {"platform_release", Variable::platform_release},
    {"platform_system", Variable::platform_system},
    {"platform_version", Variable::platform_version},
    {"platform.version", Variable::platform_version},
    {"python_full_version", Variable::python_full_version},
    {"python_version", Variable::python_version},
    {"sys_platform", Variable::sys_platform},
    {"sys.platform", Variable::sys_platform},
    {"extra", Variable::extra},
    {"extras", Variable::extras},
    {"dependency_groups", Variable::dependency_groups},
}};

constexpr std::array<std::string_view, 8> kSymbols = {"===", "==", "~=", "!=", "<=", ">=", "<", ">"};

struct Operand {
  Variable variable = Variable::none;
  std::string text;  // of a quoted string
};

struct Comparison {
  Operand left;
  std::string op;  // one of kSymbols, "in" or "not in"
  Operand right;
};

bool is_version(Variable variable) {
  return variable == Variable::implementation_version || variable == Variable::platform_release ||
         variable == Variable::python_full_version || variable == Variable::python_version;
}

bool is_set(Variable variable) {
  return variable == Variable::extras || variable == Variable::dependency_groups;
}

std::string spelling(const Operand& operand) {
  if (operand.variable == Variable::none) {
    const char quote = operand.text.find('"') == std::string::npos ? '"' : '\'';
    return fmt::format("{}{}{}", quote, operand.text, quote);
  }
  const auto* at = std::find_if(kVariables.begin(), kVariables.end(),
                                [&](const Spelling& s) { return s.second == operand.variable; });
  return std::string(at->first);
}

const std::string& value(const Operand& operand, const MarkerEnvironment& environment) {
  switch (operand.variable) {
    case Variable::implementation_name:
      return environment.implementation_name;
    case Variable::implementation_version:
      return environment.implementation_version;
    case Variable::os_name:
      return environment.os_name;
    case Variable::platform_machine:
      return environment.platform_machine;
    case Variable::platform_python_implementation:
      return environment.platform_python_implementation;
    case Variable::platform_release:
      return environment.platform_release;
    case Variable::platform_system:
      return environment.platform_system;
    case Variable::platform_version:
      return environment.platform_version;
    case Variable::python_full_version:
      return environment.python_full_version;
    case Variable::python_version:
      return environment.python_version;
    case Variable::sys_platform:
      return environment.sys_platform;
    case Variable::none:
    case Variable::extra:
    case Variable::extras:
    case Variable::dependency_groups:
      break;
  }
  return operand.text;
}

/// Strings have no order: "<" and ">" never hold, "<=" and ">=" hold for equal strings.
bool compare_strings(std::string_view left, std::string_view op, std::string_view right) {
  if (op == "==" || op == "<=" || op == ">=") return left == right;
  if (op == "!=") return left != right;
  if (op == "in") return right.find(left) != std::string_view::npos;
  if (op == "not in") return right.find(left) == std::string_view::npos;
  return false;
}

bool compare_versions(const std::string& left, const std::string& op, const std::string& right) {
  const bool symbol = op != "in" && op != "not in";
  const auto specifier = symbol ? Specifier::parse(op + right) : fail(input_error(""));
  return specifier ? specifier->matches_text(left) : compare_strings(left, op, right);
}

struct Context {
  const MarkerEnvironment& environment;
  const std::set<std::string>& extras;
  const std::set<std::string>& groups;
};

/// `extra` is each extra in turn ("" if there are none): "==" and "in" hold if any extra matches, "!=" and
/// "not in" if none does.
bool evaluate_extra(const Comparison& comparison, const Context& context) {
  const bool opposite = comparison.op == "!=" || comparison.op == "not in";
  const std::string op = comparison.op == "!=" ? "==" : comparison.op == "not in" ? "in" : comparison.op;
  const auto fits = [&](const std::string& extra) {
    const auto side = [&](const Operand& operand) -> const std::string& {
      return operand.variable == Variable::extra ? extra : value(operand, context.environment);
    };
    return compare_strings(side(comparison.left), op, side(comparison.right));
  };
  const bool any =
      context.extras.empty() ? fits("") : std::any_of(context.extras.begin(), context.extras.end(), fits);
  return any != opposite;
}

bool evaluate_set(const Comparison& comparison, const Context& context) {
  if (!is_set(comparison.right.variable) || is_set(comparison.left.variable)) return false;
  const auto& members = comparison.right.variable == Variable::extras ? context.extras : context.groups;
  const bool member = members.count(normalize_name(value(comparison.left, context.environment))) != 0;
  if (comparison.op == "in") return member;
  if (comparison.op == "not in") return !member;
  return comparison.op == "!=";  // a set is not a string
}

bool evaluate_comparison(const Comparison& comparison, const Context& context) {
  const auto left = comparison.left.variable;
  const auto right = comparison.right.variable;
  if (is_set(left) || is_set(right)) return evaluate_set(comparison, context);
  if (left == Variable::extra || right == Variable::extra) return evaluate_extra(comparison, context);
  const auto& left_value = value(comparison.left, context.environment);
  const auto& right_value = value(comparison.right, context.environment);
  if (is_version(left != Variable::none ? left : right)) {
    return compare_versions(left_value, comparison.op, right_value);
  }
  return compare_strings(left_value, comparison.op, right_value);
}

}  // namespace

/// A comparison, or a list of nodes joined by "and" and "or", of which "and" binds tighter.
struct Marker::Node {
  std::optional<Comparison> comparison;
  std::vector<Node> parts;
  std::vector<bool> and_before;  // for every part but the first: whether "and" precedes it
};

namespace {

bool evaluate_node(const Marker::Node& node,
                   const Context& context) {  // NOLINT(misc-no-recursion): depth is limited
  if (node.comparison) return evaluate_comparison(*node.comparison, context);
  bool all = true;
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    if (i != 0 && !node.and_before[i - 1]) {
      if (all) return true;
      all = true;
    }
    all = all && evaluate_node(node.parts[i], context);
  }
  return all;
}

bool names_patch(const Operand& operand) {
  return operand.variable == Variable::python_full_version ||
         operand.variable == Variable::implementation_version;
}

bool node_names_patch(const Marker::Node& node) {  // NOLINT(misc-no-recursion): depth is limited
  if (node.comparison) return names_patch(node.comparison->left) || names_patch(node.comparison->right);
  return std::any_of(node.parts.begin(), node.parts.end(), node_names_patch);
}

std::string node_text(const Marker::Node& node, bool outermost) {
  if (node.comparison) {
    return fmt::format("{} {} {}", spelling(node.comparison->left), node.comparison->op,
                       spelling(node.comparison->right));
  }
  if (node.parts.size() == 1) return node_text(node.parts.front(), outermost);
  std::string out;
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    if (i != 0) out += node.and_before[i - 1] ? " and " : " or ";
    out += node_text(node.parts[i], false);
  }
  return outermost ? out : "(" + out + ")";
}

/// Recursive descent over PEP 508's grammar, with a limit on nesting.
class MarkerParser {
 public:
  explicit MarkerParser(Scanner& scan) : scan_(scan) {}

  Result<Marker::Node> expression(int depth) {
    Marker::Node node;
    TRY_ASSIGN(auto first, atom(depth));
    node.parts.push_back(std::move(first));
    for (;;) {
      const bool is_and = scan_.take_word("and");
      if (!is_and && !scan_.take_word("or")) return node;
      node.and_before.push_back(is_and);
      TRY_ASSIGN(auto next, atom(depth));
      node.parts.push_back(std::move(next));
    }
  }

 private:
  Result<Marker::Node> atom(int depth) {
    constexpr int kMostNesting = 64;
    scan_.skip_blanks();
    const auto start = scan_.position();
    if (!scan_.take("(")) return comparison();
    if (depth == kMostNesting) {
      return fail(scan_.expected(fmt::format("no more than {} nested \"(\"", kMostNesting), start));
    }
    TRY_ASSIGN(auto node, expression(depth + 1));
    if (!scan_.take(")")) return fail(scan_.expected("\"and\", \"or\" or \")\""));
    scan_.skip_blanks();
    return node;
  }

  Result<Marker::Node> comparison() {
    Comparison comparison;
    TRY_ASSIGN(comparison.left, operand());
    scan_.skip_blanks();
    TRY_ASSIGN(comparison.op, operation());
    scan_.skip_blanks();
    TRY_ASSIGN(comparison.right, operand());
    scan_.skip_blanks();
    if (is_set(comparison.right.variable)) normalize_text(comparison.left);
    if (comparison.right.variable == Variable::extra) normalize_text(comparison.left);
    if (comparison.left.variable == Variable::extra) normalize_text(comparison.right);
    Marker::Node node;
    node.comparison = std::move(comparison);
    return node;
  }

  static void normalize_text(Operand& operand) {
    if (operand.variable == Variable::none) operand.text = normalize_name(operand.text);
  }

  Result<Operand> operand() {
    for (const auto& [spelled, variable] : kVariables) {
      if (scan_.take_word(spelled)) return Operand{variable, {}};
    }
    const char quote = scan_.peek();
    if (quote != '"' && quote != '\'') {
      return fail(scan_.expected("a marker variable such as python_version or a quoted string"));
    }
    const auto start = scan_.position();
    scan_.take(std::string_view(&quote, 1));
    const auto text = scan_.take_while(
        [&](char c) { return c != quote && c != '\n' && c != '\r' && c != '\0' && c != '\\'; });
    if (!scan_.take(std::string_view(&quote, 1))) {
      return fail(scan_.expected("a string that ends with its quote and has no \"\\\" in it", start));
    }
    return Operand{Variable::none, std::string(text)};
  }

  Result<std::string> operation() {
    for (const auto symbol : kSymbols) {
      if (scan_.take(symbol)) return std::string(symbol);
    }
    if (scan_.take_word("in")) return std::string("in");
    const auto start = scan_.position();
    if (scan_.take_word("not")) {
      scan_.skip_blanks();
      if (scan_.take_word("in")) return std::string("not in");
    }
    return fail(scan_.expected("a comparison (<, <=, !=, ==, >=, >, ~=, ===, in, not in)", start));
  }

  Scanner& scan_;
};

}  // namespace

Result<Marker> parse_marker(Scanner& scan) {
  TRY_ASSIGN(auto node, MarkerParser(scan).expression(0));
  if (!scan.done()) return fail(scan.expected("\"and\", \"or\" or the end"));
  return Marker(std::make_shared<const Marker::Node>(std::move(node)));
}

Result<Marker> Marker::parse(std::string_view text) {
  Scanner scan(text, "marker");
  return parse_marker(scan);
}

bool Marker::evaluate(const MarkerEnvironment& environment, const std::set<std::string>& extras,
                      const std::set<std::string>& dependency_groups) const {
  return evaluate_node(*root_, {environment, extras, dependency_groups});
}

bool Marker::names_patch() const {
  return node_names_patch(*root_);
}

std::string Marker::text() const {
  return node_text(*root_, true);
}

MarkerEnvironment marker_environment(const Interpreter& python, const Platform& platform, int patch) {
  MarkerEnvironment environment;
  environment.platform_machine = platform.machine();
  environment.python_version = python.version();
  environment.python_full_version = fmt::format("{}.{}", python.version(), patch);
  environment.implementation_version = environment.python_full_version;
  return environment;
}

}  // namespace launch::specs
