#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/pyproject.hpp"
#include "specs/name.hpp"
#include "specs/url.hpp"
#include "specs/version.hpp"

namespace launch::project {
namespace {

class Reader {
 public:
  Reader(const TomlTable& root, std::string_view file, const std::set<std::string>& extras)
      : root_(root), file_(file), extras_(extras) {}

  Result<ProjectNeeds> read() {
    std::int64_t version = 0;
    TRY(root_.read("version", version));
    if (version != 1) {
      return fail(
          root_.wrong("version", fmt::format("expected 1, the format of uv's locks, found {}", version)));
    }
    TRY_ASSIGN(const auto packages, root_.tables("package"));
    for (const auto& package : packages) {
      std::string name;
      TRY(package.read("name", name));
      ++versions_[specs::normalize_name(name)];
    }
    std::set<std::string> found;
    for (const auto& package : packages) TRY(read_elsewhere(package));
    for (const auto& package : packages) {
      TRY_ASSIGN(const auto source, package.table("source"));
      const bool own = source.find("virtual") != nullptr || source.find("editable") != nullptr;
      TRY(own ? read_project(package, found) : read_locked(package, source));
    }
    for (const auto& extra : extras_) {
      if (found.count(extra) == 0)
        return fail(
            input_error(fmt::format("{} has no extra or dependency group {}", file_, in_quotes(extra))));
    }
    return std::move(needs_);
  }

 private:
  Result<void> add(const TomlTable& entry, const TomlValue& at) {
    std::string name;
    TRY(entry.read("name", name));
    std::string text = name;
    std::vector<std::string> extras;
    TRY(entry.read("extra", extras));
    if (!extras.empty()) text += "[" + join(extras, ",") + "]";
    std::string marker;
    TRY(entry.read("marker", marker));
    if (!marker.empty()) text += "; " + marker;
    const auto place = fmt::format("{}:{}", file_, at.place.line);
    auto requirement = specs::Requirement::parse(text);
    if (!requirement) return fail(input_error(fmt::format("{}: {}", place, requirement.error().message())));
    FoundRequirement found{.requirement = *std::move(requirement), .place = place};
    const auto elsewhere = elsewhere_.find(found.requirement.name);
    if (elsewhere != elsewhere_.end()) found.elsewhere = elsewhere->second;
    needs_.packages.push_back(std::move(found));
    return {};
  }

  Result<void> add_all(const TomlTable& table, std::string_view key) {
    TRY_ASSIGN(const auto entries, table.tables(key));
    for (std::size_t i = 0; i < entries.size(); ++i) TRY(add(entries[i], table.find(key)->items[i]));
    return {};
  }

  /// What a project of the workspace requires.
  Result<void> read_project(const TomlTable& package, std::set<std::string>& found) {
    TRY(add_all(package, "dependencies"));
    for (const std::string_view key : {"optional-dependencies", "dev-dependencies"}) {
      TRY_ASSIGN(const auto lists, package.table(key));
      for (const auto& extra : extras_) {
        if (lists.find(extra) == nullptr) continue;
        found.insert(extra);
        TRY(add_all(lists, extra));
      }
    }
    return {};
  }

  /// The version of a package as a constraint; of a package with several versions, for the environments that
  /// each is for.
  Result<void> read_locked(const TomlTable& package, const TomlTable& source) {
    std::string name;
    std::string version;
    TRY(package.read("name", name));
    TRY(package.read("version", version));
    if (source.find("registry") == nullptr) return {};
    std::vector<std::string> markers;
    TRY(package.read("resolution-markers", markers));
    const bool several = versions_[specs::normalize_name(name)] > 1;
    const auto parsed = specs::Version::parse(version);
    if (!parsed) return fail(package.wrong("version", parsed.error().message()));
    // The build for an accelerator is the recipe's choice.
    auto text = fmt::format("{}=={}", name, parsed->without_local().text());
    if (several && markers.empty()) return {};
    if (several) {
      for (auto& marker : markers) marker = fmt::format("({})", marker);
      text += "; " + join(markers, " or ");
    }
    auto constraint = specs::Requirement::parse(text);
    if (!constraint) return fail(package.wrong("resolution-markers", constraint.error().message()));
    needs_.constraints.push_back(*std::move(constraint));
    return {};
  }

  /// Notes a package that the lock takes from a repository or a URL.
  Result<void> read_elsewhere(const TomlTable& package) {
    TRY_ASSIGN(const auto source, package.table("source"));
    std::string name;
    TRY(package.read("name", name));
    for (const std::string_view key : {"git", "url"}) {
      const auto* value = source.find(key);
      if (value == nullptr) continue;
      const auto where = fmt::format("{} {}", key, specs::redacted_url(value->text));
      elsewhere_.emplace(specs::normalize_name(name), where);
      needs_.notes.push_back(fmt::format("{}:{}: {} comes from {}; launch takes it from an index", file_,
                                         value->place.line, name, where));
    }
    return {};
  }

  const TomlTable& root_;
  std::string file_;
  const std::set<std::string>& extras_;
  std::map<std::string, int> versions_;           // how many a package has
  std::map<std::string, std::string> elsewhere_;  // packages from a repository or a URL
  ProjectNeeds needs_;
};

}  // namespace

Result<ProjectNeeds> parse_uv_lock(std::string_view text, std::string_view file,
                                   const std::set<std::string>& extras) {
  TRY_ASSIGN(const auto document, parse_toml(text, file));
  const TomlTable root(document, file);
  return Reader(root, file, extras).read();
}

}  // namespace launch::project
