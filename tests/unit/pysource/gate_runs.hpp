#pragma once

#include <set>
#include <string>

#include "pysource/gate_evaluation.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::pysource {

/// Whether the last import of a source runs: "yes", "no", "open" (about torch, not evaluated) or "either".
inline std::string runs(const std::string& source, const std::string& version,
                        const std::set<std::string>& names = {"torch:"},
                        const std::string& module_version = {}) {
  const Roots roots = {"torch"};
  auto scan = scan_source(source, roots);
  SymbolTable symbols;
  symbols.add("/src/a", false, std::move(scan.symbols));
  std::set<Requirement> questions;
  const GateFacts nothing{.roots = roots};
  GateEvaluator asking(symbols, nothing, &questions);
  for (const auto& gate : scan.uses.back().gates) (void)asking.passes(gate, 0);
  GateFacts facts = nothing;
  facts.versions["torch"] = version;
  if (!module_version.empty()) facts.module_versions["torch"] = module_version;
  for (const auto& question : questions)
    facts.answers[question] = names.contains(question.text()) ? Verdict::yes : Verdict::no;
  GateEvaluator evaluator(symbols, facts);
  auto all = Truth::yes();
  for (const auto& gate : scan.uses.back().gates) all = all & evaluator.passes(gate, 0);
  return all.is_yes() ? "yes" : all.is_no() ? "no" : all.can_be_yes() ? "either" : "open";
}

}  // namespace launch::pysource
