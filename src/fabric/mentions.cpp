#include "fabric/mentions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "fabric/settings.hpp"
#include "specs/scanner.hpp"

namespace launch::fabric {
namespace {

constexpr std::string_view kPrefix = "NCCL_";

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

/// The value of YAML's list of names and values: the next line, "value: …".
std::optional<std::string> value_below(std::string_view next) {
  const auto text = skip(next, " -");
  constexpr std::string_view kValue = "value:";
  if (!text.starts_with(kValue)) return std::nullopt;
  return unless_computed(value_at(skip(text.substr(kValue.size()), " "), " #\t"));
}

/// What follows a name in a script, Dockerfile or YAML.
std::optional<Mention> mention_after(std::string_view before, std::string_view after, std::string_view next,
                                     bool dockerfile) {
  constexpr std::string_view kShellEnds = " \t;&|,)\\";
  Mention mention;
  if (after.starts_with('=') && !after.starts_with("== ")) {
    // srun's "--export=A=1,B=2" has commas; a comma of a shell is part of the value.
    const bool listed = before.find("--export=") != std::string_view::npos;
    const auto ends = listed ? " \t," : dockerfile ? " \t" : " \t;&|)\\";
    mention.value = unless_computed(value_at(after.substr(1), ends));
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
  const auto word = trim(before);
  if (dockerfile && to_lower(word) == "env" && after.starts_with(' ')) {  // ENV NAME VALUE
    mention.value = unless_computed(std::string(trim(after)));
    return mention;
  }
  if (word.ends_with("setenv") &&
      (after.starts_with(' ') || after.starts_with('\t'))) {  // csh: setenv NAME VALUE
    mention.value = unless_computed(value_at(skip(after, " \t"), " \t;&|)\\"));
    return mention;
  }
  if (word.ends_with("name:")) {  // - name: NAME
    mention.value = value_below(next);
    return mention;
  }
  const bool passed_on = word.ends_with("-x") || word.ends_with("-e") || word.ends_with("--env") ||
                         word == "export" || to_lower(word) == "arg";
  return passed_on ? std::optional(mention) : std::nullopt;
}

void find_in_line(std::string_view line, std::string_view next, std::size_t number, bool dockerfile,
                  std::vector<Mention>& out) {
  for (std::size_t at = line.find(kPrefix); at != std::string_view::npos; at = line.find(kPrefix, at)) {
    auto end = at;
    while (end < line.size() && specs::is_word(line[end])) ++end;
    const bool whole =
        at == 0 || !(specs::is_word(line[at - 1]) || line[at - 1] == '$' || line[at - 1] == '{');
    if (whole) {
      auto mention = mention_after(line.substr(0, at), line.substr(end), next, dockerfile);
      if (mention) {
        mention->line = number;
        mention->name = std::string(line.substr(at, end - at));
        out.push_back(*std::move(mention));
      }
    }
    at = end;
  }
}

/// A comment, unless it is one that a scheduler reads.
bool is_comment(std::string_view line) {
  line = trim(line);
  return (line.starts_with('#') && !line.starts_with("#SBATCH") && !line.starts_with("#PBS")) ||
         line.starts_with("//");
}

std::vector<Mention> find_in_script(std::string_view text, bool dockerfile) {
  std::vector<Mention> out;
  const auto all = lines(text);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (is_comment(all[i])) continue;
    find_in_line(all[i], i + 1 < all.size() ? all[i + 1] : std::string_view(), i + 1, dockerfile, out);
  }
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
