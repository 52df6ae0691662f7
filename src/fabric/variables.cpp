#include "fabric/variables.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "fabric/tables.hpp"

namespace launch::fabric {
namespace {

// graph/topo.cc of NCCL, topoPathTypeStr, as far as the guide names them.
constexpr std::array<std::string_view, 9> kLevels = {"LOC", "NVL", "NVB", "C2C", "PIX",
                                                     "PXB", "PXN", "PHB", "SYS"};

struct NumberRead {
  std::int64_t value = 0;
  bool in_range = true;
  bool whole = true;  ///< the value is a number and nothing else
};

/// param.cc of NCCL: what strtoll reads, unless it sets errno.
NumberRead read_number(std::string_view value) {
  const std::string text(value);
  char* end = nullptr;
  errno = 0;
  NumberRead read{.value = std::strtoll(text.c_str(), &end, 0)};
  read.in_range = errno == 0;
  read.whole = end != text.c_str() && *end == '\0' && end == text.c_str() + text.size();
  return read;
}

std::optional<std::string> bad_list(std::string_view value) {
  if (value.starts_with('^')) value.remove_prefix(1);
  const bool exact = value.starts_with('=');
  if (exact) value.remove_prefix(1);
  for (const auto entry : split(value, ',')) {
    if (entry.starts_with('=') || entry.starts_with('^')) {
      return fmt::format("{} in the middle of the list is part of a name: write it once, at the start",
                         in_quotes(entry.substr(0, 1)));
    }
    if (entry.find_first_of(" \t\"'") != std::string_view::npos) {
      return fmt::format("expected names separated by commas, found {}", in_quotes(entry));
    }
  }
  return std::nullopt;
}

/// The words that a value may have.
struct Words {
  explicit Words(std::string_view text) {
    by_function = text.starts_with(';');
    list = by_function || text.starts_with(',');
    if (list) text.remove_prefix(1);
    any_case = text.starts_with('~');
    if (any_case) text.remove_prefix(1);
    for (const auto word : split(text, '|')) all.emplace_back(word);
  }

  std::optional<std::string> bad(std::string_view value) const {
    const bool known = std::any_of(all.begin(), all.end(), [&](const auto& word) {
      return word == value || (any_case && to_lower(word) == to_lower(value));
    });
    if (known) return std::nullopt;
    return fmt::format("expected {}, found {}", join_words(all, "or"), in_quotes(value));
  }

  /// "^" leaves the words out.
  std::optional<std::string> bad_list(std::string_view value) const {
    if (value.starts_with('^')) value.remove_prefix(1);
    for (const auto word : split(value, ',')) {
      if (word.empty()) continue;
      if (auto problem = bad(word)) return problem;
    }
    return std::nullopt;
  }

  std::vector<std::string> all;
  bool any_case = false;
  bool list = false;
  bool by_function = false;
};

/// graph/tuning.cc of NCCL, parseList: lists separated by ";", each for the function before its ":".
std::optional<std::string> bad_by_function(const Words& words, std::string_view value) {
  static const Words functions("~Broadcast|Reduce|AllGather|ReduceScatter|AllReduce");
  for (auto part : split(value, ';')) {
    if (const auto colon = part.find(':'); colon != std::string_view::npos) {
      if (auto problem = functions.bad(part.substr(0, colon))) return problem;
      part.remove_prefix(colon + 1);
    }
    if (auto problem = words.bad_list(part)) return problem;
  }
  return std::nullopt;
}

Result<NcclVersion> version_in(const std::string& text, std::string_view table) {
  if (const auto version = NcclVersion::parse(text)) return *version;
  return fail(input_error(fmt::format("{}: {} is no version of NCCL", table, in_quotes(text))));
}

}  // namespace

std::optional<NcclVersion> NcclVersion::parse(std::string_view text) {
  const auto numbers = split(text.substr(0, text.find_first_not_of("0123456789.")), '.');
  constexpr std::size_t kMost = 3;
  if (numbers.size() < 2 || numbers.size() > kMost) return std::nullopt;
  std::array<int, kMost> parts = {};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = parse_u64(numbers[i]);
    constexpr std::uint64_t kLargest = 9999;
    if (!number || *number > kLargest) return std::nullopt;
    parts.at(i) = static_cast<int>(*number);
  }
  return NcclVersion{parts[0], parts[1], parts[2]};
}

std::string NcclVersion::text() const {
  return fmt::format("{}.{}.{}", major, minor, patch);
}

Result<std::vector<KnownVariable>> read_variables(std::string_view text) {
  TRY_ASSIGN(const auto rows,
             read_table(text, "variables.tsv", {"name", "values", "since", "until", "part", "source"}));
  std::vector<KnownVariable> out;
  for (const auto& row : rows) {
    KnownVariable variable{.name = row[0], .values = row[1], .source = row[5]};
    TRY_ASSIGN(variable.since, version_in(row[2], "variables.tsv"));
    if (row[3] != "-") {
      TRY_ASSIGN(variable.until, version_in(row[3], "variables.tsv"));
    }
    using Part = KnownVariable::Part;
    variable.part = row[4] == "system" ? Part::system : row[4] == "debugging" ? Part::debugging : Part::none;
    if (variable.part == Part::none && row[4] != "none") {
      return fail(input_error(fmt::format("variables.tsv: {} is no part of the guide", in_quotes(row[4]))));
    }
    out.push_back(std::move(variable));
  }
  return out;
}

const std::vector<KnownVariable>& known_variables() {
  static const auto kVariables = read_variables(kVariablesText).value();
  return kVariables;
}

const KnownVariable* known_variable(std::string_view name) {
  const auto& all = known_variables();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Result<std::vector<OtherName>> read_other_names(std::string_view text) {
  TRY_ASSIGN(const auto rows, read_table(text, "other_names.tsv", {"name", "read-by", "advice", "source"}));
  std::vector<OtherName> out;
  out.reserve(rows.size());
  for (const auto& row : rows) {
    out.push_back({row[0], row[1] == "-" ? "" : row[1], row[2] == "-" ? "" : row[2]});
  }
  return out;
}

const OtherName* other_name(std::string_view name) {
  static const auto kNames = read_other_names(kOtherNamesText).value();
  const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const OtherName& each) {
    const std::string_view pattern = each.pattern;
    if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return name == pattern;
  });
  return found == kNames.end() ? nullptr : &*found;
}

std::optional<std::int64_t> number_read(std::string_view value) {
  const auto read = read_number(value);
  return value.empty() || !read.in_range ? std::nullopt : std::optional(read.value);
}

std::optional<std::string> bad_value(const KnownVariable& variable, std::string_view value) {
  if (value.empty() || variable.values == "text") return std::nullopt;
  if (variable.values == "number") {
    const auto read = read_number(value);
    if (!read.in_range) {
      return fmt::format("{} is out of range, so NCCL keeps its default", in_quotes(value));
    }
    if (read.whole) return std::nullopt;
    return fmt::format("expected a number, found {}, which NCCL reads as {}", in_quotes(value), read.value);
  }
  if (variable.values == "level") {
    const bool known = std::find(kLevels.begin(), kLevels.end(), value) != kLevels.end();
    if (known || read_number(value).whole) return std::nullopt;
    return fmt::format("expected LOC, NVL, PIX, PXB, PHB or SYS, found {}, which NCCL ignores",
                       in_quotes(value));
  }
  if (variable.values == "devices" || variable.values == "interfaces") return bad_list(value);
  const Words words(variable.values);
  if (words.by_function) return bad_by_function(words, value);
  return words.list ? words.bad_list(value) : words.bad(value);
}

}  // namespace launch::fabric
