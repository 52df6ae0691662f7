#include "probe/fallbacks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "pysource/import_statements.hpp"

namespace launch::probe {
namespace {

using pysource::ImportStatement;

/// Lines without "\n"; what follows the last one is a line too, if it is not empty.
std::vector<std::string> lines_of(const std::string& source) {
  std::vector<std::string> all;
  for (std::size_t start = 0; start < source.size();) {
    const auto end = std::min(source.find('\n', start), source.size());
    all.push_back(source.substr(start, end - start));
    start = end + 1;
  }
  return all;
}

class Rewriter {
 public:
  Rewriter(const std::string& source, const std::map<SourcePlace, MovedName>& moved)
      : source_(source), moved_(moved), ending_(source.find("\r\n") == std::string::npos ? "" : "\r") {}

  Rewriting run() {
    const pysource::SourceTree tree(source_);
    for (const auto& statement : import_statements(tree)) rewrite(statement);
    return std::move(result_);
  }

 private:
  using Names = std::vector<const ImportStatement::Name*>;

  void rewrite(const ImportStatement& statement) {
    std::map<std::pair<std::string, std::string>, Names> groups;  // by the modules, newer and older
    for (const auto& name : statement.names) {
      const auto found = moved_.find({name.line, name.column});
      if (found == moved_.end()) continue;
      if (const auto* why = refusal(statement, name)) {
        result_.refused.emplace(found->first, why);
      } else {
        groups[{found->second.newer, found->second.older}].push_back(&name);
      }
    }
    if (groups.empty()) return;
    LineEdit edit{statement.line - 1, statement.last_line - statement.line + 1, {}};
    const auto start = source_.rfind('\n', statement.bytes.first) + 1;  // npos + 1 is 0
    const auto indentation = source_.substr(start, statement.bytes.first - start);
    const auto end = std::min(source_.find('\n', statement.bytes.last), source_.size());
    auto comment = source_.substr(statement.bytes.last, end - statement.bytes.last);
    if (comment.ends_with('\r')) comment.pop_back();
    std::size_t moved = 0;
    for (const auto& [modules, names] : groups) moved += names.size();
    if (moved < statement.names.size()) {
      keep_others(statement, groups, indentation, comment, edit.lines);
      comment.clear();
    }
    const auto inner = indentation + (indentation.find('\t') != std::string::npos ? "\t" : "    ");
    for (const auto& [modules, names] : groups) {
      put(edit.lines, indentation + "try:");
      put(edit.lines, inner + import_of(statement, modules.first, names));
      put(edit.lines, indentation + "except ImportError:");
      put(edit.lines, fmt::format("{}{}{}", inner, import_of(statement, modules.second, names), comment));
    }
    result_.edits.push_back(std::move(edit));
  }

  /// Why the name cannot be rewritten; null if it can.
  static const char* refusal(const ImportStatement& statement, const ImportStatement::Name& name) {
    if (!statement.alone) return "it shares its line with other code";
    if (!statement.from && name.alias.empty())
      return "`import a.b` binds only a, so the code must be changed to name the other module";
    return nullptr;
  }

  void put(std::vector<std::string>& lines, const std::string& line) const {
    lines.push_back(line + ending_);
  }

  static std::string import_of(const ImportStatement& statement, const std::string& module,
                               const Names& names) {
    std::vector<std::string> parts;
    for (const auto* name : names) {
      const auto& what = statement.from ? name->name : module;
      parts.push_back(name->alias.empty() ? what : fmt::format("{} as {}", what, name->alias));
    }
    if (!statement.from) return "import " + join(parts, ", ");
    return fmt::format("from {} import {}", module, join(parts, ", "));
  }

  /// The statement without the names that moved.
  void keep_others(const ImportStatement& statement,
                   const std::map<std::pair<std::string, std::string>, Names>& groups,
                   const std::string& indentation, const std::string& comment,
                   std::vector<std::string>& out) const {
    const auto leaves = [&](const ImportStatement::Name& name) {
      return std::any_of(groups.begin(), groups.end(), [&](const auto& group) {
        return std::find(group.second.begin(), group.second.end(), &name) != group.second.end();
      });
    };
    const auto& names = statement.names;
    std::string text =
        source_.substr(statement.bytes.first, names.front().bytes.first - statement.bytes.first);
    // A name keeps what follows it in the source: a comma, and perhaps a comment.
    std::string follows;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (leaves(names[i])) continue;
      text += follows + source_.substr(names[i].bytes.first, names[i].bytes.last - names[i].bytes.first);
      const auto next = i + 1 < names.size() ? names[i + 1].bytes.first : names[i].bytes.last;
      follows = source_.substr(names[i].bytes.last, next - names[i].bytes.last);
    }
    const auto end = source_.substr(names.back().bytes.last, statement.bytes.last - names.back().bytes.last);
    text += end_after(follows, end);
    for (auto& line : lines_of(fmt::format("{}{}{}", indentation, text, comment))) {
      if (line.ends_with('\r')) line.pop_back();
      put(out, line);
    }
  }

  /// The end of a statement whose last name is followed by something else: of a list over several lines, the
  /// rest of the name's line and the bracket.
  static std::string end_after(const std::string& follows, const std::string& end) {
    const auto line = follows.rfind('\n');
    const auto bracket = end.rfind(')');
    if (line == std::string::npos || bracket == std::string::npos) return end;
    const auto last = end.rfind('\n');
    return follows.substr(0, line) +
           (last == std::string::npos ? "\n" + end.substr(bracket) : end.substr(last));
  }

  const std::string& source_;
  const std::map<SourcePlace, MovedName>& moved_;
  std::string ending_;
  Rewriting result_;
};

constexpr std::size_t kContext = 3;

/// Writes hunks one after the other.
class Differ {
 public:
  explicit Differ(const std::string& source)
      : lines_(lines_of(source)), ends_open_(!source.empty() && source.back() != '\n') {}

  /// Edits that share their context.
  void hunk(const std::vector<const LineEdit*>& edits) {
    const auto first = edits.front()->first - std::min(edits.front()->first, kContext);
    const auto last = std::min(edits.back()->first + edits.back()->count + kContext, lines_.size());
    std::string body;
    std::size_t added = 0;
    std::size_t removed = 0;
    auto at = first;
    for (const auto* edit : edits) {
      for (; at < edit->first; ++at) body += line(' ', at);
      for (; at < edit->first + edit->count; ++at) body += line('-', at);
      for (const auto& text : edit->lines) body += "+" + text + "\n";
      if (at == lines_.size() && ends_open_) body += kOpen;
      added += edit->lines.size();
      removed += edit->count;
    }
    for (; at < last; ++at) body += line(' ', at);
    const auto before = last - first;
    const auto after = before - removed + added;
    text_ += fmt::format("@@ -{},{} +{},{} @@\n{}", first + 1, before, first + 1 + grown_, after, body);
    grown_ += after - before;
  }

  std::string text() && { return std::move(text_); }

 private:
  static constexpr const char* kOpen = "\\ No newline at end of file\n";

  std::string line(char sign, std::size_t number) const {
    const bool open = ends_open_ && number + 1 == lines_.size();
    return sign + lines_[number] + "\n" + (open ? kOpen : "");
  }

  std::vector<std::string> lines_;
  bool ends_open_;
  std::size_t grown_ = 0;
  std::string text_;
};

}  // namespace

Rewriting write_fallbacks(const std::string& source, const std::map<SourcePlace, MovedName>& moved) {
  return Rewriter(source, moved).run();
}

std::string unified_diff(const std::string& file, const std::string& source,
                         const std::vector<LineEdit>& edits) {
  if (edits.empty()) return {};
  Differ differ(source);
  std::vector<const LineEdit*> group;
  for (const auto& edit : edits) {
    if (!group.empty() && edit.first > group.back()->first + group.back()->count + 2 * kContext) {
      differ.hunk(group);
      group.clear();
    }
    group.push_back(&edit);
  }
  differ.hunk(group);
  // As git does, so that a name with a space ends where it should.
  const auto* const end = file.find(' ') == std::string::npos ? "" : "\t";
  return fmt::format("--- a/{0}{1}\n+++ b/{0}{1}\n{2}", file, end, std::move(differ).text());
}

}  // namespace launch::probe
