#include "pysource/python_tree.hpp"

#include <array>
#include <utility>

namespace launch::pysource {
namespace {

struct Keyword {
  std::string_view text;
  StatementKind kind;
};

constexpr std::array<Keyword, 8> kHeads = {{{"if", StatementKind::branch},
                                            {"try", StatementKind::attempt},
                                            {"for", StatementKind::loop},
                                            {"while", StatementKind::loop},
                                            {"with", StatementKind::with},
                                            {"def", StatementKind::function},
                                            {"class", StatementKind::klass},
                                            {"match", StatementKind::match}}};

bool continues(StatementKind kind, std::string_view keyword) {
  switch (kind) {
    case StatementKind::branch:
      return keyword == "elif" || keyword == "else";
    case StatementKind::attempt:
      return keyword == "except" || keyword == "else" || keyword == "finally";
    case StatementKind::loop:
      return keyword == "else";
    default:
      return false;
  }
}

bool opens(char op) {
  return op == '(' || op == '[' || op == '{';
}
bool closes(char op) {
  return op == ')' || op == ']' || op == '}';
}
bool opens(std::string_view text) {
  return text.size() == 1 && opens(text[0]);
}
bool closes(std::string_view text) {
  return text.size() == 1 && closes(text[0]);
}

/// Builds blocks from tokens; its recursion is bounded by the tokenizer's 100 levels of indentation.
class Parser {
 public:
  explicit Parser(const SourceTree& tree) : tree_(tree) {}

  std::vector<Statement> file() {
    std::vector<Statement> all;
    while (kind() != TokenKind::end) {
      block(all);
      if (kind() == TokenKind::dedent) ++at_;
    }
    return all;
  }

 private:
  TokenKind kind() const { return tree_.token(at_).kind; }
  std::string_view text() const { return tree_.text(at_); }

  /// Statements up to the dedent that ends the block.
  void block(std::vector<Statement>& out) {
    while (kind() != TokenKind::dedent && kind() != TokenKind::end) {
      if (kind() == TokenKind::newline) {
        ++at_;
      } else if (kind() == TokenKind::indent) {  // an unexpected indent
        ++at_;
        block(out);
        if (kind() == TokenKind::dedent) ++at_;
      } else {
        statement(out);
      }
    }
  }

  void statement(std::vector<Statement>& out) {
    const auto start = at_;
    if (kind() == TokenKind::name) {
      if (text() == "async" && tree_.is_name(at_ + 1)) ++at_;
      for (const auto& [word, statement_kind] : kHeads) {
        if (text() != word) continue;
        if (statement_kind == StatementKind::match ? match(out) : compound(statement_kind, out)) return;
        break;
      }
      if (text() == "elif" || text() == "else" || text() == "except" || text() == "finally") {
        if (compound(StatementKind::other, out)) return;
      }
    }
    at_ = start;
    simple_line(out);
  }

  bool compound(StatementKind statement_kind, std::vector<Statement>& out) {
    Statement statement{statement_kind, {}, {}};
    if (!clause(statement)) return false;
    while (kind() == TokenKind::name && continues(statement_kind, text()) && clause(statement)) {
    }
    out.push_back(std::move(statement));
    return true;
  }

  /// Index of the ":" that ends a clause's head; 0 if the line has none.
  std::uint32_t colon() const {
    int depth = 0;
    int lambdas = 0;
    for (auto i = at_ + 1; tree_.token(i).kind != TokenKind::newline && tree_.token(i).kind != TokenKind::end;
         ++i) {
      const auto word = tree_.text(i);
      if (tree_.token(i).kind == TokenKind::name && word == "lambda" && depth == 0) ++lambdas;
      if (tree_.token(i).kind != TokenKind::op) continue;
      if (opens(word)) ++depth;
      if (closes(word)) --depth;
      if (word == ":" && depth == 0 && lambdas-- == 0) return i;
    }
    return 0;
  }

  bool clause(Statement& statement) {
    const auto end = colon();
    if (end == 0) return false;
    Clause result{text(), {at_ + 1, end}, {}};
    at_ = end + 1;
    suite(result.body);
    statement.clauses.push_back(std::move(result));
    return true;
  }

  void suite(std::vector<Statement>& body) {
    if (kind() != TokenKind::newline) return simple_line(body);
    ++at_;
    if (kind() != TokenKind::indent) return;
    ++at_;
    block(body);
    body.shrink_to_fit();  // the trees of many files are kept
    if (kind() == TokenKind::dedent) ++at_;
  }

  /// The soft keyword `match`: a block starting with `case` must follow.
  bool match(std::vector<Statement>& out) {
    const auto end = colon();
    if (end == 0 || end == at_ + 1 || tree_.token(end + 1).kind != TokenKind::newline ||
        tree_.token(end + 2).kind != TokenKind::indent || !tree_.is(end + 3, "case")) {
      return false;
    }
    Statement statement{StatementKind::match, {at_ + 1, end}, {}};
    at_ = end + 3;
    std::vector<Statement> astray;
    while (kind() != TokenKind::dedent && kind() != TokenKind::end) {
      if (!(text() == "case" && clause(statement))) {
        if (kind() == TokenKind::newline) {
          ++at_;
        } else {
          block(astray);
        }
      }
    }
    if (kind() == TokenKind::dedent) ++at_;
    out.push_back(std::move(statement));
    return true;
  }

  void simple_line(std::vector<Statement>& out) {
    auto start = at_;
    const auto flush = [&] {
      if (at_ > start) out.push_back({StatementKind::simple, {start, at_}, {}});
    };
    for (;; ++at_) {
      const auto here = kind();
      if (here == TokenKind::newline || here == TokenKind::end || here == TokenKind::dedent ||
          here == TokenKind::indent) {
        flush();
        if (here == TokenKind::newline) ++at_;
        return;
      }
      if (here == TokenKind::op && text() == ";") {
        flush();
        start = at_ + 1;
      }
    }
  }

  const SourceTree& tree_;
  std::uint32_t at_ = 0;
};

/// `NAME [as ALIAS]` at `at`, which is advanced past it.
ImportedName take_name(const SourceTree& tree, std::uint32_t& at, std::uint32_t last) {
  ImportedName name;
  name.token = at;
  name.name = dotted_name(tree, {at, last}, &at);
  if (at + 1 < last && tree.is(at, "as") && tree.is_name(at + 1)) {
    name.alias = std::string(tree.text(at + 1));
    at += 2;
  }
  return name;
}

std::vector<ImportedName> plain_import(const SourceTree& tree, TokenRange range) {
  std::vector<ImportedName> names;
  for (auto at = range.first + 1; at < range.last; ++at) {
    auto name = take_name(tree, at, range.last);
    if (name.name.empty()) break;
    name.module = std::exchange(name.name, {});
    names.push_back(std::move(name));
    if (at >= range.last || !tree.is(at, ",")) break;
  }
  return names;
}

std::vector<ImportedName> from_import(const SourceTree& tree, TokenRange range) {
  std::vector<ImportedName> names;
  auto at = range.first + 1;
  unsigned level = 0;
  for (; at < range.last && (tree.is(at, ".") || tree.is(at, "...")); ++at) level += tree.is(at, ".") ? 1 : 3;
  std::string module;
  if (at < range.last && !tree.is(at, "import")) module = dotted_name(tree, {at, range.last}, &at);
  if (at >= range.last || !tree.is(at, "import") || (module.empty() && level == 0)) return names;
  ++at;
  if (at < range.last && tree.is(at, "*")) {
    names.push_back({true, level, std::move(module), "*", {}, at});
    return names;
  }
  if (at < range.last && tree.is(at, "(")) ++at;
  for (; at < range.last; ++at) {
    auto name = take_name(tree, at, range.last);
    if (name.name.empty()) break;
    name.from = true;
    name.level = level;
    name.module = module;
    names.push_back(std::move(name));
    if (at >= range.last || !tree.is(at, ",")) break;
  }
  return names;
}

}  // namespace

SourceTree::SourceTree(std::string source) : source_(std::move(source)), list_(tokenize(source_)) {
  body_ = Parser(*this).file();
}

bool SourceTree::is(std::uint32_t index, std::string_view spelling) const {
  const auto kind = token(index).kind;
  if ((kind != TokenKind::op && kind != TokenKind::name) || spelling.empty()) return false;
  const auto word = text(index);
  return word.front() == spelling.front() && word == spelling;
}

std::string dotted_name(const SourceTree& tree, TokenRange range, std::uint32_t* end) {
  std::string name;
  auto at = range.first;
  if (at < range.last && tree.is_name(at)) {
    name = tree.text(at++);
    while (at + 1 < range.last && tree.is(at, ".") && tree.is_name(at + 1)) {
      name.append(".").append(tree.text(at + 1));
      at += 2;
    }
  }
  if (end != nullptr) *end = at;
  return name;
}

TokenRange tokens_of(const Clause& clause) {
  auto range = clause.head;
  if (!clause.body.empty()) range.last = std::max(range.last, tokens_of(clause.body.back()).last);
  return range;
}

TokenRange tokens_of(const Statement& statement) {
  auto range = statement.tokens;
  for (const auto& clause : statement.clauses) {
    const auto inner = tokens_of(clause);
    if (range.empty()) range.first = inner.first;
    range.last = std::max(range.last, inner.last);
  }
  return range;
}

std::vector<ImportedName> imported_names(const SourceTree& tree, TokenRange statement) {
  if (statement.empty() || !tree.is_name(statement.first)) return {};
  if (tree.text(statement.first) == "import") return plain_import(tree, statement);
  if (tree.text(statement.first) == "from") return from_import(tree, statement);
  return {};
}

std::vector<TokenRange> split_range(const SourceTree& tree, TokenRange range, std::string_view separator) {
  std::vector<TokenRange> parts;
  auto start = range.first;
  int depth = 0;
  int lambdas = 0;
  for (auto i = range.first; i < range.last; ++i) {
    const auto& token = tree.token(i);
    if (token.length == 0) continue;
    const char first = tree.list().source[token.offset];
    if (token.kind == TokenKind::name) {
      if (first == 'l' && depth == 0 && tree.text(i) == "lambda") ++lambdas;
    } else if (token.kind != TokenKind::op) {
      continue;
    } else if (token.length == 1) {
      if (opens(first)) ++depth;
      if (closes(first)) --depth;
      if (first == ':' && depth == 0 && lambdas > 0) {
        --lambdas;
        continue;
      }
    }
    if (depth != 0 || first != separator.front() || tree.text(i) != separator) continue;
    if (first == ',' && lambdas > 0) continue;
    parts.push_back({start, i});
    start = i + 1;
  }
  parts.push_back({start, range.last});
  return parts;
}

std::uint32_t behind_bracket(const SourceTree& tree, std::uint32_t open, std::uint32_t last) {
  int depth = 0;
  for (auto i = open; i < last; ++i) {
    if (tree.token(i).kind != TokenKind::op) continue;
    if (opens(tree.text(i))) ++depth;
    if (closes(tree.text(i)) && --depth == 0) return i + 1;
  }
  return last;
}

TokenRange without_brackets(const SourceTree& tree, TokenRange range) {
  while (range.last - range.first >= 2 && !range.empty() && tree.is(range.first, "(") &&
         behind_bracket(tree, range.first, range.last) == range.last) {
    ++range.first;
    --range.last;
  }
  return range;
}

TokenRange parenthesized(const SourceTree& tree, TokenRange head) {
  auto open = head.first;
  while (open < head.last && !tree.is(open, "(")) {
    open = tree.is(open, "[") ? behind_bracket(tree, open, head.last) : open + 1;
  }
  if (open >= head.last) return {head.last, head.last};
  return {open + 1, behind_bracket(tree, open, head.last) - 1};
}

std::vector<std::uint32_t> parameter_names(const SourceTree& tree, TokenRange head) {
  std::vector<std::uint32_t> names;
  for (const auto part : split_range(tree, parenthesized(tree, head), ",")) {
    auto name = part.first;
    while (name < part.last && (tree.is(name, "*") || tree.is(name, "**"))) ++name;
    if (name < part.last && tree.is_name(name)) names.push_back(name);
  }
  return names;
}

std::string absolute_module(std::string_view module, bool is_package, unsigned level,
                            std::string_view relative) {
  if (level == 0) return std::string(relative);
  auto base = module;
  for (auto up = is_package ? 1U : 0U; up < level; ++up) {
    const auto dot = base.rfind('.');
    if (dot == std::string_view::npos) return {};
    base = base.substr(0, dot);
  }
  std::string result(base);
  if (!relative.empty()) result.append(".").append(relative);
  return result;
}

}  // namespace launch::pysource
