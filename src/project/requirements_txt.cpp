#include "project/requirements_txt.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/url.hpp"

namespace launch::project {
namespace {

/// A line after continuation, without its comment.
struct LogicalLine {
  std::size_t number = 0;
  std::string text;
};

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '#') continue;
    if (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t') return line.substr(0, i);
  }
  return line;
}

std::vector<LogicalLine> logical_lines(std::string_view text) {
  std::vector<LogicalLine> out;
  bool continues = false;
  std::size_t number = 0;
  for (auto line : lines(text)) {
    ++number;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!continues) out.push_back({number, {}});
    continues = line.ends_with('\\') && !trim(line).starts_with('#');
    if (continues) line.remove_suffix(1);
    out.back().text += line;
  }
  std::vector<LogicalLine> kept;
  for (auto& line : out) {
    line.text = trim(without_comment(line.text));
    if (!line.text.empty()) kept.push_back(std::move(line));
  }
  return kept;
}

/// "-r base.txt", "-rbase.txt", "--requirement base.txt", "--requirement=base.txt": the option and its value.
std::pair<std::string, std::string> split_option(std::string_view line) {
  if (!line.starts_with("--")) {
    return {std::string(line.substr(0, 2)),
            std::string(trim(line.substr(std::min<std::size_t>(2, line.size()))))};
  }
  const auto end = std::min(line.find_first_of(" \t="), line.size());
  auto value = trim(line.substr(end));
  if (value.starts_with('=')) value = trim(value.substr(1));
  return {std::string(line.substr(0, end)), std::string(value)};
}

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  Result<ProjectNeeds> read(std::string_view text) {
    for (const auto& line : logical_lines(text)) {
      place_ = fmt::format("{}:{}", file_, line.number);
      TRY(line.text.starts_with('-') ? read_option(line.text) : read_requirement(line.text));
    }
    if (!hashes_.empty()) note(hashes_, "hashes are ignored: the lock has its own");
    return std::move(needs_);
  }

 private:
  void note(std::string_view place, std::string_view what) {
    needs_.notes.push_back(fmt::format("{}: {}", place, what));
  }

  Result<void> read_option(std::string_view line) {
    auto [option, value] = split_option(line);
    if (option == "-r" || option == "--requirement" || option == "-c" || option == "--constraint") {
      if (value.empty()) return fail(input_error(fmt::format("{}: {} names no file", place_, option)));
      needs_.includes.push_back({std::move(value), option == "-c" || option == "--constraint", place_});
      return {};
    }
    if (option == "-e" || option == "--editable") return read_local(value);
    constexpr std::array<std::string_view, 4> kIndexes = {"-i", "--index-url", "--extra-index-url",
                                                          "--pypi-url"};
    constexpr std::array<std::string_view, 10> kOthers = {"-f",
                                                          "--find-links",
                                                          "--no-index",
                                                          "--pre",
                                                          "--no-binary",
                                                          "--only-binary",
                                                          "--prefer-binary",
                                                          "--require-hashes",
                                                          "--trusted-host",
                                                          "--use-feature"};
    if (std::find(kIndexes.begin(), kIndexes.end(), option) != kIndexes.end()) {
      note(place_,
           fmt::format("{} {} is ignored: packages come from this machine's index, the recipe's [torch] and "
                       "its [[index]]",
                       option, specs::redacted_url(value)));
      return {};
    }
    if (std::find(kOthers.begin(), kOthers.end(), option) != kOthers.end()) {
      note(place_, fmt::format("{} is ignored", option));
      return {};
    }
    return fail(input_error(fmt::format("{}: unknown option {}", place_, option)));
  }

  Result<void> read_local(std::string_view value) {
    if (value == "." || value.starts_with(".[")) {
      note(place_, "the project itself is not locked, only what it requires: list pyproject.toml under from");
      return {};
    }
    if (value.find("://") != std::string_view::npos) return read_nameless(value);
    note(place_, fmt::format("{} is ignored: a local project cannot be locked", specs::redacted_url(value)));
    return {};
  }

  /// Requirements end at their first option: "a==1 --hash=sha256:…".
  Result<void> read_requirement(std::string_view line) {
    const auto options = line.find(" --");
    if (options != std::string_view::npos) {
      if (hashes_.empty() && line.find("--hash", options) != std::string_view::npos) hashes_ = place_;
      line = trim(line.substr(0, options));
    }
    if (line.starts_with('.') || line.starts_with('/')) return read_local(line);
    if (const auto url = line.find("://"); url != std::string_view::npos && line.find('@') > url)
      return read_nameless(line);
    auto requirement = specs::Requirement::parse(line);
    if (!requirement) return fail(input_error(fmt::format("{}: {}", place_, requirement.error().message())));
    FoundRequirement found{.requirement = *std::move(requirement), .place = place_};
    if (found.requirement.url) found.elsewhere = specs::redacted_url(*found.requirement.url);
    needs_.packages.push_back(std::move(found));
    return {};
  }

  /// A URL, whose fragment may tell the name: "git+https://host/a.git#egg=a".
  Result<void> read_nameless(std::string_view line) {
    const auto egg = line.find("#egg=");
    if (egg != std::string_view::npos) {
      const auto name = line.substr(egg + 5, line.find('&', egg) - egg - 5);
      return read_requirement(fmt::format("{} @ {}", name, line.substr(0, egg)));
    }
    return fail(input_error(fmt::format("{}: {} has no name", place_, specs::redacted_url(line)))
                    .hint("write it as NAME @ URL"));
  }

  std::string file_;
  std::string place_;
  std::string hashes_;  ///< the first requirement that has some
  ProjectNeeds needs_;
};

}  // namespace

Result<ProjectNeeds> parse_requirements_txt(std::string_view text, std::string_view file) {
  return Reader(file).read(text);
}

}  // namespace launch::project
