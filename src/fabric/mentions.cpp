#include "fabric/mentions.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/settings.hpp"
#include "specs/scanner.hpp"

namespace launch::fabric {
namespace {

constexpr std::string_view kPrefix = "NCCL_";
constexpr std::string_view kNoReturns = "end lines with \"\\n\" alone, as dos2unix does";

bool is_name(std::string_view text) {
  return !text.empty() && !specs::is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), specs::is_word);
}

bool is_computed(std::string_view value) {
  return value.find_first_of("$`{<%") != std::string_view::npos;
}

/// A value at the start of `text`: up to one of `ends`; what is in quotes is part of it. A quote in the
/// middle of a word is the end of what the whole assignment is in: "-x NAME=VALUE".
std::string value_at(std::string_view text, std::string_view ends) {
  std::string value;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const bool quote = c == '"' || c == '\'';
    if (quote && at > 0 && text[at - 1] != '=') break;
    if (quote) {
      const auto end = std::min(text.find(c, at + 1), text.size());
      value += text.substr(at + 1, end - at - 1);
      at = end + 1;
    } else if (ends.find(c) != std::string_view::npos) {
      break;
    } else {
      value += c;
      ++at;
    }
  }
  return value;
}

std::string_view skip(std::string_view text, std::string_view chars) {
  const auto start = text.find_first_not_of(chars);
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

std::optional<std::string> unless_computed(std::string value) {
  if (is_computed(value)) return std::nullopt;
  return value;
}

/// A place in a file: its lines, and the current one.
struct Place {
  std::span<const std::string_view> lines;
  std::size_t at = 0;
  bool dockerfile = false;
};

/// A comment, unless it is one that a scheduler reads.
bool is_comment(std::string_view line) {
  line = trim(line);
  return (line.starts_with('#') && !line.starts_with("#SBATCH") && !line.starts_with("#PBS")) ||
         line.starts_with("//");
}

/// What follows the key "value" of YAML or JSON at the start of `text`; nullopt if that is not there.
std::optional<std::string_view> after_value_key(std::string_view text) {
  text = skip(text, " -{,\"'");
  constexpr std::string_view kValue = "value";
  if (!text.starts_with(kValue)) return std::nullopt;
  text = skip(text.substr(kValue.size()), "\"' ");
  if (!text.starts_with(':')) return std::nullopt;
  return skip(text.substr(1), " ");
}

/// The value in YAML's and JSON's lists of names and values: in the same line after the name, in the next
/// line, or in the one before, "- value: …", each but for comments.
std::optional<std::string> value_beside(std::string_view after, const Place& place) {
  if (const auto same = after_value_key(after)) return unless_computed(value_at(*same, " ,}\t"));
  const auto read = [](std::string_view line) -> std::optional<std::string> {
    const auto text = after_value_key(line);
    return text ? unless_computed(value_at(*text, " #\t")) : std::nullopt;
  };
  auto next = place.at + 1;
  while (next < place.lines.size() && is_comment(place.lines[next])) ++next;
  if (next < place.lines.size() && after_value_key(place.lines[next])) return read(place.lines[next]);
  if (skip(place.lines[place.at], " ").starts_with('-')) return std::nullopt;  // the list's item begins here
  auto before = place.at;
  while (before > 0 && is_comment(place.lines[before - 1])) --before;
  return before == 0 ? std::nullopt : read(place.lines[before - 1]);
}

/// The last word: "-gx" of "set -gx".
std::string_view last_word(std::string_view text) {
  const auto space = text.find_last_of(" \t");
  return space == std::string_view::npos ? text : text.substr(space + 1);
}

/// Whether the name and its value follow as two words: setenv of csh, -genv and -env of Intel MPI and MPICH,
/// set -gx of fish.
bool takes_two_words(std::string_view before) {
  const auto last = last_word(before);
  if (last.ends_with("setenv") || last == "-genv" || last == "-env") return true;
  const bool exports = last == "--export" || (last.starts_with('-') && !last.starts_with("--") &&
                                              last.find('x') != std::string_view::npos);
  return exports && last_word(trim(before.substr(0, before.size() - last.size()))).ends_with("set");
}

/// A name alone in a list of srun: --container-env=A,B and --export=ALL,A.
bool is_listed(std::string_view before) {
  const auto last = last_word(before);
  return last.find("--container-env=") != std::string_view::npos ||
         last.find("--export=") != std::string_view::npos;
}

/// "NAME=VALUE" of srun's --export, whose values end at a comma.
Mention mention_exported(std::string_view after) {
  Mention mention;
  const auto value = value_at(after, " \t,");
  mention.value = unless_computed(value);
  if (after.starts_with('"') || after.starts_with('\'')) return mention;
  const auto rest = skip(after.substr(value.size()), ",");
  const auto next = rest.substr(0, rest.find_first_of(" \t,\"'"));
  const bool lower = std::any_of(next.begin(), next.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (rest.size() < after.size() - value.size() && lower && next.find('=') == std::string_view::npos)
    mention.problem = fmt::format(
        "Slurm ends the value at the comma before {}: export it in the script instead", in_quotes(next));
  return mention;
}

/// What follows a name in a script, Dockerfile or YAML.
std::optional<Mention> mention_after(std::string_view before, std::string_view after, const Place& place) {
  constexpr std::string_view kShellEnds = " \t;&|,)\\";
  Mention mention;
  const bool quoted = before.ends_with('"') || before.ends_with('\'');
  const auto word = trim(quoted ? before.substr(0, before.size() - 1) : before);
  if (word.ends_with("name:") || word.ends_with("name\":")) {  // - name: NAME
    mention.value = value_beside(after, place);
    return mention;
  }
  if (before.ends_with("${")) {  // ${NAME:=VALUE}
    if (!after.starts_with('=') && !after.starts_with(":=")) return std::nullopt;
    mention.value = unless_computed(value_at(after.substr(after.find('=') + 1), "}"));
    return mention;
  }
  if (after.starts_with('=') && !after.starts_with("== ")) {
    if (before.find("--export=") != std::string_view::npos) return mention_exported(after.substr(1));
    // A comma of a shell is part of the value.
    mention.value = unless_computed(value_at(after.substr(1), place.dockerfile ? " \t" : " \t;&|)\\"));
    return mention;
  }
  const auto rest = skip(after, "\"' ");
  const bool compares = rest.starts_with("] ==") || rest.starts_with("]==");
  if (!compares && (rest.starts_with("] =") || rest.starts_with("]="))) {  // os.environ["NAME"] = "VALUE"
    mention.value = unless_computed(value_at(skip(rest.substr(rest.find('=') + 1), " "), kShellEnds));
    return mention;
  }
  if (after.starts_with("\",") || after.starts_with("',")) {  // setdefault("NAME", "VALUE")
    mention.value = unless_computed(value_at(skip(after.substr(2), " "), kShellEnds));
    return mention;
  }
  if (rest.starts_with(": ") || rest == ":") {  // NAME: VALUE
    mention.value = unless_computed(value_at(skip(rest.substr(1), " "), " ,#\t}"));
    return mention;
  }
  const bool spaced = after.starts_with(' ') || after.starts_with('\t');
  if (place.dockerfile && to_lower(word) == "env" && spaced) {  // ENV NAME VALUE
    mention.value = unless_computed(value_at(trim(after), ""));
    return mention;
  }
  if (takes_two_words(word) && spaced) {
    mention.value = unless_computed(value_at(skip(after, " \t"), " \t;&|)\\"));
    return mention;
  }
  const bool passed_on = word.ends_with("-x") || word.ends_with("-e") || word.ends_with("--env") ||
                         word == "export" || to_lower(word) == "arg" || is_listed(word);
  return passed_on ? std::optional(mention) : std::nullopt;
}

void find_in_line(std::string_view line, const Place& place, std::vector<Mention>& out) {
  for (std::size_t at = line.find(kPrefix); at != std::string_view::npos; at = line.find(kPrefix, at)) {
    auto end = at;
    while (end < line.size() && specs::is_word(line[end])) ++end;
    const auto before = line.substr(0, at);
    const bool whole = at == 0 || before.ends_with("${") ||
                       !(specs::is_word(line[at - 1]) || before.ends_with('$') || before.ends_with('{'));
    if (whole) {
      if (auto mention = mention_after(before, line.substr(end), place)) {
        mention->line = place.at + 1;
        mention->name = std::string(line.substr(at, end - at));
        out.push_back(*std::move(mention));
      }
    }
    at = end;
  }
}

/// The shell hands on the carriage return before a line's end.
void mind_return(Mention& mention) {
  if (!mention.value || !mention.value->ends_with('\r')) return;
  mention.problem = fmt::format("the shell keeps the carriage return at the end of {}'s value: {}",
                                mention.name, kNoReturns);
}

std::vector<Mention> find_in_script(std::string_view text, bool dockerfile) {
  std::vector<Mention> out;
  // YAML and Python do not mind carriage returns.
  const auto first = text.substr(0, text.find('\n'));
  const bool shell = first.starts_with("#!") && first.find("sh") != std::string_view::npos;
  const auto all = shell ? split(text, '\n') : lines(text);
  constexpr std::string_view kNewline = "\\n";  // as echo -e and printf write it
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (is_comment(all[i])) continue;
    for (auto rest = all[i];;) {
      const auto end = rest.find(kNewline);
      find_in_line(rest.substr(0, end), {all, i, dockerfile}, out);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + kNewline.size());
    }
  }
  for (auto& mention : out) mind_return(mention);
  return out;
}

std::vector<Mention> find_in_conf(std::string_view text) {
  std::vector<Mention> out;
  for (const auto& line : parse_conf(text)) {
    Mention mention{.line = line.line, .name = line.name, .value = line.value};
    const auto name = trim(line.name);
    const auto word = name.substr(std::min(name.rfind(' ') + 1, name.size()));
    if (!word.starts_with(kPrefix)) continue;
    if (word != name) {
      mention.problem = fmt::format(
          "NCCL takes {} for the variable's name, since nccl.conf is not a shell script: write {}=…",
          in_quotes(line.name), word);
    } else if (name != line.name) {
      mention.problem =
          fmt::format("NCCL takes {} for the variable's name: remove the white space", in_quotes(line.name));
    } else if (line.value.ends_with('\r')) {
      mention.problem = fmt::format(
          "most releases of NCCL keep the carriage return at the end of {}'s value: {}", word, kNoReturns);
    } else if (line.value.starts_with('"') || line.value.starts_with('\'')) {
      mention.problem = fmt::format("NCCL keeps the quotes in the value of {}: remove them", word);
    } else if (trim(line.value) != line.value) {
      mention.problem = fmt::format("NCCL keeps the white space in the value of {}: remove it", word);
    }
    mention.name = std::string(word);
    out.push_back(std::move(mention));
  }
  return out;
}

std::vector<Mention> find_in_environment(std::string_view text) {
  std::vector<Mention> out;
  std::size_t number = 0;
  for (const auto line : lines(text)) {
    ++number;
    const auto equals = line.find('=');
    if (!line.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    out.push_back({number, std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)), ""});
  }
  return out;
}

}  // namespace

FileKind kind_of_file(std::string_view name, std::string_view text) {
  const auto slash = name.rfind('/');
  const auto base = to_lower(slash == std::string_view::npos ? name : name.substr(slash + 1));
  if (base.ends_with("nccl.conf")) return FileKind::conf;
  if (base.starts_with("dockerfile") || base.starts_with("containerfile") || base.ends_with(".dockerfile")) {
    return FileKind::dockerfile;
  }
  bool any = false;
  for (const auto line : lines(text)) {
    if (line.empty()) continue;
    if (!is_name(line.substr(0, line.find('=')))) return FileKind::script;
    any = any || line.find('=') != std::string_view::npos;
  }
  return any ? FileKind::environment : FileKind::script;
}

std::vector<Mention> find_mentions(FileKind kind, std::string_view text) {
  switch (kind) {
    case FileKind::conf:
      return find_in_conf(text);
    case FileKind::environment:
      return find_in_environment(text);
    case FileKind::dockerfile:
    case FileKind::script:
      break;
  }
  return find_in_script(text, kind == FileKind::dockerfile);
}

}  // namespace launch::fabric
