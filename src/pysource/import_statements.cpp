#include "pysource/import_statements.hpp"

#include <algorithm>

namespace launch::pysource {
namespace {

class Collector {
 public:
  explicit Collector(const SourceTree& tree) : tree_(tree) {}

  std::vector<ImportStatement> run() {
    block(tree_.body());
    return std::move(found_);
  }

 private:
  void block(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
      if (statement.kind == StatementKind::simple) add(statement.tokens);
      for (const auto& clause : statement.clauses) block(clause.body);
    }
  }

  std::uint32_t end_of(std::uint32_t token) const {
    return tree_.token(token).offset + tree_.token(token).length;
  }

  void add(TokenRange tokens) {
    const auto names = imported_names(tree_, tokens);
    if (names.empty()) return;
    ImportStatement statement;
    statement.from = names.front().from;
    statement.level = names.front().level;
    if (statement.from) statement.module = names.front().module;
    statement.bytes = {tree_.token(tokens.first).offset, end_of(tokens.last - 1)};
    statement.line = tree_.line(tokens.first);
    statement.last_line = tree_.line(tokens.last - 1);
    const auto kind_at = [&](std::uint32_t token) { return tree_.token(token).kind; };
    const auto before = tokens.first == 0 ? TokenKind::newline : kind_at(tokens.first - 1);
    statement.alone =
        (before == TokenKind::newline || before == TokenKind::indent || before == TokenKind::dedent) &&
        (kind_at(tokens.last) == TokenKind::newline || kind_at(tokens.last) == TokenKind::end);
    for (const auto& name : names) {
      const auto& token = tree_.token(name.token);
      auto last = name.token;
      if (!name.from) {
        while (last + 2 < tokens.last && tree_.is(last + 1, ".")) last += 2;
      }
      if (!name.alias.empty()) last += 2;
      statement.names.push_back({name.from ? name.name : name.module,
                                 name.alias,
                                 tree_.line(name.token),
                                 tree_.list().column(token),
                                 {token.offset, end_of(last)}});
    }
    found_.push_back(std::move(statement));
  }

  const SourceTree& tree_;
  std::vector<ImportStatement> found_;
};

}  // namespace

std::vector<ImportStatement> import_statements(const SourceTree& tree) {
  return Collector(tree).run();
}

}  // namespace launch::pysource
