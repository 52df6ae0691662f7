// The probe's results, for the scripts next to it to compare with Python itself: tokens and imports of the
// files that stdin names, or what wheels have of the names ("torch.nn:Module") on stdin.
#include <cstdio>
#include <iostream>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "probe/judgement.hpp"
#include "probe/named.hpp"
#include "probe/wheel_api.hpp"
#include "pysource/imported_prefix.hpp"
#include "pysource/python_scanner.hpp"

namespace {

using launch::pysource::TokenKind;

const char* kind_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::name:
      return "NAME";
    case TokenKind::number:
      return "NUMBER";
    case TokenKind::string:
      return "STRING";
    case TokenKind::op:
      return "OP";
    case TokenKind::newline:
      return "NEWLINE";
    case TokenKind::indent:
      return "INDENT";
    case TokenKind::dedent:
      return "DEDENT";
    case TokenKind::end:
      return "END";
  }
  return "";
}

void dump_tokens(const std::string& source) {
  const auto list = launch::pysource::tokenize(source);
  for (const auto& token : list.tokens) {
    fmt::print("{} {} {} {}\n", kind_name(token.kind), list.line(token), list.column(token), token.length);
  }
  if (list.problem) fmt::print("PROBLEM {} {}\n", list.problem->line, list.problem->message);
}

void dump_imports(const std::string& source) {
  const auto scan = launch::pysource::scan_source(source, {});
  for (const auto& use : scan.uses) {
    if (use.requirement.tier != launch::pysource::Tier::import) continue;
    std::string choices;
    for (const auto& choice : use.choices) choices += fmt::format(" {}.{}", choice.group, choice.alternative);
    fmt::print("{} {} {} {}{}\n", use.requirement.text(), use.line, use.column, need_name(use.need), choices);
  }
  if (scan.problem) fmt::print("PROBLEM {} {}\n", scan.problem->line, scan.problem->message);
}

/// A name as people write it; reached by attributes if it begins with "@".
launch::pysource::Requirement requirement_of(const std::string& line) {
  const bool attribute = line.starts_with('@');
  auto name = launch::probe::parse_name(line.substr(attribute ? 1 : 0)).value();
  if (attribute) name.tier = launch::pysource::Tier::attribute;
  return name;
}

void dump_uses(const std::string& source) {
  const auto scan = launch::pysource::scan_source(source, {"torch"});
  launch::pysource::ImportedPrefixes imports;
  for (const auto& use : scan.uses) {
    const bool import = use.requirement.tier == launch::pysource::Tier::import;
    if (import && use.need != launch::pysource::Need::type) imports.add(use.requirement);
  }
  for (const auto& use : scan.uses) {
    const auto name = imports.below(use.requirement);
    const bool chain = name.tier == launch::pysource::Tier::attribute;
    fmt::print("{}{} {} {}\n", chain ? "@" : "", name.text(), use.line, need_name(use.need));
  }
}

int dump_answers(int count, char** wheels) {
  std::vector<launch::probe::LabelledWheel> opened;
  for (int i = 0; i < count; ++i) {
    auto source = launch::probe::open_wheel(std::filesystem::path(wheels[i]));
    if (!source) {
      fmt::print(stderr, "{}", source.error().text());
      return 3;
    }
    opened.push_back({std::filesystem::path(wheels[i]).filename().string(), std::move(*source)});
  }
  launch::probe::WheelApi api(std::move(opened));
  std::vector<launch::pysource::Requirement> requirements;
  for (std::string line; std::getline(std::cin, line);) {
    requirements.push_back(requirement_of(line));
  }
  const auto answers = api.ask(requirements);
  if (!answers) {
    fmt::print(stderr, "{}", answers.error().text());
    return 3;
  }
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    const bool chain = requirements[i].tier == launch::pysource::Tier::attribute;
    fmt::print("{}{}\t{}\t{}\n", chain ? "@" : "", requirements[i].text(),
               verdict_name((*answers)[i].verdict), (*answers)[i].reason);
  }
  return 0;
}

/// What gates do with a version. Lines of stdin: FOLDER, the version of torch's distribution, what
/// torch.__version__ says, and the names that exist ("torch.nn:Module"), separated by spaces; fields are
/// separated by tabs.
int dump_gates() {
  namespace probe = launch::probe;
  using launch::pysource::Verdict;
  const std::set<std::string, std::less<>> roots = {"torch"};
  for (std::string line; std::getline(std::cin, line);) {
    const auto fields = launch::split(line, '\t');
    const probe::ScanPath path{std::string(fields.at(0)), "."};
    const auto scan = probe::scan_tree({&path, 1}, roots);
    if (!scan) {
      fmt::print(stderr, "{}", scan.error().text());
      return 3;
    }
    const auto names = launch::split(fields.at(3), ' ');
    const std::set<std::string, std::less<>> there(names.begin(), names.end());
    const auto answer = [&](const launch::pysource::Requirement& name) {
      return there.contains(name.text()) ? Verdict::yes : Verdict::no;
    };
    probe::GateContext context{.symbols = scan->symbols.get(), .calls = scan->calls.get()};
    context.facts.roots = roots;
    context.facts.versions["torch"] = fields.at(1);
    context.facts.module_versions["torch"] = fields.at(2);
    for (const auto& name : scan->questions) context.facts.answers[name] = answer(name);
    std::vector<launch::pysource::Answer> answers;
    for (const auto& name : scan->names) answers.push_back({answer(name.requirement), ""});
    fmt::print("CASE {}\n", line);
    for (const auto& name : probe::judge(scan->names, answers, std::move(context))) {
      for (const auto& use : name.uses) {
        fmt::print("{} {} {} {} {} {} {}\n", use.use.file, use.use.line, name.requirement.text(),
                   probe::runs_name(use.runs), need_name(use.need()), use.fails() ? "fails" : "passes",
                   fmt::join(use.passed_lines, ","));
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc >= 2 ? argv[1] : "";
  if (what == "answers") return dump_answers(argc - 2, argv + 2);
  if (what == "gates") return dump_gates();
  if (what != "tokens" && what != "imports" && what != "uses") {
    fmt::print(
        stderr,
        "usage: probe_dump tokens|imports|uses < FILES, probe_dump gates < CASES, or probe_dump answers "
        "WHEEL… < NAMES\n");
    return 2;
  }
  for (std::string path; std::getline(std::cin, path);) {
    const auto source = launch::read_file(path);
    if (!source) {
      fmt::print(stderr, "{}", source.error().text());
      return 3;
    }
    fmt::print("FILE {}\n", path);
    if (what == "tokens") dump_tokens(*source);
    if (what == "imports") dump_imports(*source);
    if (what == "uses") dump_uses(*source);
  }
  return 0;
}
