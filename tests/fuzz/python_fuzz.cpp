#include <algorithm>
#include <map>

#include "fuzz/fuzz.hpp"
#include "probe/fallbacks.hpp"
#include "pysource/gate_evaluation.hpp"
#include "pysource/python_scanner.hpp"
#include "pysource/python_tokens.hpp"
#include "pysource/string_values.hpp"

namespace launch::fuzz {
namespace {

using pysource::TokenKind;

void check_tokens(const pysource::TokenList& list) {
  require(!list.tokens.empty() && list.tokens.back().kind == TokenKind::end, "the last token is the end");
  std::size_t at = 0;
  int depth = 0;
  for (const auto& token : list.tokens) {
    require(token.offset >= at && token.offset + token.length <= list.source.size(),
            "tokens follow each other", list.text(token));
    at = token.offset + token.length;
    if (token.kind == TokenKind::indent) ++depth;
    if (token.kind == TokenKind::dedent) --depth;
    require(depth >= 0, "no block is closed twice");
    if (token.kind == TokenKind::string) (void)pysource::plain_string(list.text(token));
  }
  require(depth == 0, "every block is closed");
  for (const auto& comment : list.comments)
    require(list.source.at(comment.offset) == '#', "a comment begins with #");
}

/// Gates can be evaluated with and without a version.
void evaluate(const pysource::FileScan& scan) {
  pysource::SymbolTable symbols;
  symbols.add("a", false, scan.symbols);
  std::set<pysource::Requirement> questions;
  const pysource::GateFacts nothing{.roots = {"torch"}};
  pysource::GateFacts facts = nothing;
  facts.versions["torch"] = "2.6.0.dev20241112";
  facts.module_versions["torch"] = "2.6.0.dev20241112+cu124";
  pysource::GateEvaluator asking(symbols, nothing, &questions);
  for (const auto& question : questions) facts.answers[question] = pysource::Verdict::no;
  pysource::GateEvaluator answering(symbols, facts);
  for (const auto& use : scan.uses) {
    for (const auto& gate : use.gates) {
      (void)asking.passes(gate, 0);
      (void)answering.passes(gate, 0);
    }
  }
}

}  // namespace

/// Python source.
void fuzz_python(std::string_view bytes) {
  check_tokens(pysource::tokenize(bytes));
  const auto scan = pysource::scan_source(std::string(bytes), {"torch"});
  for (const auto& use : scan.uses) {
    require(use.requirement.module == "torch" || use.requirement.module.starts_with("torch."),
            "only the packages that were asked for are found", use.requirement.module);
    for (const auto& choice : use.choices) require(choice.group < scan.groups, "a choice is of a group");
    require(!use.branch || use.branch->group < scan.branches, "a branch is of a group");
    for (const auto& gate : use.gates) require(gate.test != nullptr, "a gate has a test");
  }
  evaluate(scan);
  const auto all = pysource::scan_source(std::string(bytes), {});
  std::map<probe::SourcePlace, probe::MovedName> moved;
  for (const auto& use : all.uses)
    moved.emplace(probe::SourcePlace{use.line, use.column}, probe::MovedName{"old", "new"});
  const std::string source(bytes);
  const auto rewriting = probe::write_fallbacks(source, moved);
  std::size_t line = 0;
  for (const auto& edit : rewriting.edits) {
    require(edit.first >= line && edit.count > 0, "edits follow each other");
    line = edit.first + edit.count;
  }
  require(line <= static_cast<std::size_t>(std::count(source.begin(), source.end(), '\n')) + 1,
          "edits are of the source's lines");
  (void)probe::unified_diff("a.py", source, rewriting.edits);
}

}  // namespace launch::fuzz
