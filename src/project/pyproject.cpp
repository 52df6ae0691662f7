#include "project/pyproject.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/toml.hpp"
#include "specs/name.hpp"
#include "specs/specifier.hpp"
#include "specs/url.hpp"

namespace launch::project {
namespace {

/// Where uv takes a package from, instead of the default index.
struct Source {
  std::optional<std::string> elsewhere;   ///< "git https://…"
  std::optional<std::string> index_name;  ///< the name of a [[tool.uv.index]]
  bool local = false;                     ///< a path or a member of the workspace
};

std::string quoted_names(const std::set<std::string>& names) {
  std::vector<std::string> words;
  words.reserve(names.size());
  for (const auto& name : names) words.push_back(in_quotes(name));
  return join_words(words);
}

class Reader {
 public:
  Reader(const TomlTable& root, std::string_view file, const std::set<std::string>& extras)
      : root_(root), file_(file), extras_(extras) {}

  Result<ProjectNeeds> read(const specs::Interpreter& python) {
    TRY_ASSIGN(const auto project, root_.table("project"));
    if (root_.find("project") == nullptr) return fail(no_project());
    TRY(project.read("name", name_));
    name_ = specs::normalize_name(name_);
    TRY(check_python(project, python));
    TRY(read_sources());
    TRY(read_dependencies(project));
    for (const auto& extra : extras_) TRY(read_extra(extra));
    TRY(read_uv_bounds());
    return std::move(needs_);
  }

 private:
  std::string place_of(const TomlValue& value) const { return fmt::format("{}:{}", file_, value.place.line); }

  Error no_project() const {
    const auto tool = root_.table("tool");
    const bool poetry = tool && tool->find("poetry") != nullptr;
    return input_error(fmt::format("{} has no [project] table{}", file_,
                                   poetry ? ", only Poetry's own [tool.poetry]" : ""))
        .hint(poetry ? "export its requirements (`poetry export -o requirements.txt`) and list that file "
                       "under from"
                     : "list a requirements file under from instead");
  }

  Result<void> check_python(const TomlTable& project, const specs::Interpreter& python) const {
    std::string text;
    TRY(project.read("requires-python", text));
    const auto wanted = specs::SpecifierSet::parse(text);
    if (!wanted) return fail(project.wrong("requires-python", wanted.error().message()));
    constexpr int kPatches = 64;
    for (int patch = 0; patch < kPatches; ++patch) {
      if (wanted->matches(*specs::Version::parse(fmt::format("{}.{}", python.version(), patch)))) return {};
    }
    return fail(project.wrong(
        "requires-python",
        fmt::format("the project needs Python {}, but the recipe's is {}", text, python.text())));
  }

  Result<void> read_source(const std::string& package, const TomlTable& table) {
    auto& source = sources_[specs::normalize_name(package)];
    for (const std::string_view key : {"git", "url"}) {
      std::optional<std::string> url;
      TRY(table.read(key, url));
      if (url) source.elsewhere = fmt::format("{} {}", key, specs::redacted_url(*url));
    }
    std::optional<std::string> index;
    TRY(table.read("index", index));
    if (index) source.index_name = index;
    source.local = source.local || table.find("path") != nullptr || table.find("workspace") != nullptr;
    return {};
  }

  Result<void> read_sources() {
    TRY_ASSIGN(const auto tool, root_.table("tool"));
    TRY_ASSIGN(const auto uv, tool.table("uv"));
    const auto* sources = uv.find("sources");
    if (sources == nullptr || sources->kind != TomlValue::Kind::table) return {};
    TRY_ASSIGN(const auto table, uv.table("sources"));
    for (const auto& item : sources->items) {
      if (item.kind == TomlValue::Kind::array) {
        TRY_ASSIGN(const auto several, table.tables(item.key));
        for (const auto& one : several) TRY(read_source(item.key, one));
      } else {
        TRY_ASSIGN(const auto one, table.table(item.key));
        TRY(read_source(item.key, one));
      }
    }
    return {};
  }

  Result<void> add(const TomlValue& item) {
    if (item.kind != TomlValue::Kind::string)
      return fail(input_error(
          fmt::format("{}: expected a requirement, found {}", place_of(item), kind_name(item.kind))));
    auto requirement = specs::Requirement::parse(item.text);
    if (!requirement)
      return fail(input_error(fmt::format("{}: {}", place_of(item), requirement.error().message())));
    if (requirement->name == name_) {
      for (const auto& extra : requirement->extras) TRY(read_extra(extra));
      return {};
    }
    FoundRequirement found{.requirement = *std::move(requirement), .place = place_of(item)};
    if (found.requirement.url) found.elsewhere = specs::redacted_url(*found.requirement.url);
    const auto source = sources_.find(found.requirement.name);
    if (source != sources_.end()) {
      if (source->second.local) {
        needs_.notes.push_back(fmt::format("{}: {} is a local project of uv and is not locked", found.place,
                                           found.requirement.name));
        return {};
      }
      if (!found.elsewhere) found.elsewhere = source->second.elsewhere;
      found.index_name = source->second.index_name;
    }
    needs_.packages.push_back(std::move(found));
    return {};
  }

  Result<void> add_all(const TomlValue& list) {
    for (const auto& item : list.items) TRY(add(item));
    return {};
  }

  /// `file = "requirements.txt"` or `file = ["a.txt", "b.txt"]` of [tool.setuptools.dynamic].
  Result<void> include_files(const TomlTable& entry) {
    const auto* value = entry.find("file");
    if (value == nullptr) return {};
    const auto include = [&](const TomlValue& item) {
      needs_.includes.push_back({item.text, false, place_of(item)});
    };
    if (value->kind == TomlValue::Kind::string) include(*value);
    for (const auto& item : value->items) include(item);
    return {};
  }

  Result<TomlTable> setuptools() const {
    TRY_ASSIGN(const auto tool, root_.table("tool"));
    TRY_ASSIGN(const auto own, tool.table("setuptools"));
    return own.table("dynamic");
  }

  Result<void> read_dependencies(const TomlTable& project) {
    if (const auto* list = project.find("dependencies")) return add_all(*list);
    std::vector<std::string> dynamic;
    TRY(project.read("dynamic", dynamic));
    if (std::find(dynamic.begin(), dynamic.end(), "dependencies") == dynamic.end()) return {};
    TRY_ASSIGN(const auto own, setuptools());
    TRY_ASSIGN(const auto entry, own.table("dependencies"));
    if (entry.find("file") != nullptr) return include_files(entry);
    return fail(
        project
            .wrong("dynamic", *project.find("dynamic"),
                   "the dependencies are computed when the project is built, and nothing is built here")
            .hint("list a requirements file under from instead"));
  }

  /// An extra, else a dependency group of that name.
  Result<void> read_extra(const std::string& name) {
    if (!read_.insert(specs::normalize_name(name)).second) return {};
    TRY_ASSIGN(const auto project, root_.table("project"));
    TRY_ASSIGN(const auto extras, project.table("optional-dependencies"));
    if (const auto* list = find(project.find("optional-dependencies"), name)) return add_all(*list);
    TRY_ASSIGN(const auto own, setuptools());
    TRY_ASSIGN(const auto dynamic, own.table("optional-dependencies"));
    if (dynamic.find(name) != nullptr) {
      TRY_ASSIGN(const auto entry, dynamic.table(name));
      return include_files(entry);
    }
    if (const auto* group = find(root_.find("dependency-groups"), name)) return read_group(*group);
    return fail(unknown_extra(name, project));
  }

  static const TomlValue* find(const TomlValue* table, const std::string& name) {
    if (table == nullptr) return nullptr;
    const auto wanted = specs::normalize_name(name);
    const auto at = std::find_if(table->items.begin(), table->items.end(), [&](const TomlValue& item) {
      return specs::normalize_name(item.key) == wanted;
    });
    return at == table->items.end() ? nullptr : &*at;
  }

  Result<void> read_group(const TomlValue& group) {
    for (const auto& item : group.items) {
      const auto* included = item.kind == TomlValue::Kind::table ? find(&item, "include-group") : nullptr;
      if (included != nullptr) {
        TRY(read_extra(included->text));
      } else {
        TRY(add(item));
      }
    }
    return {};
  }

  Error unknown_extra(const std::string& name, const TomlTable& project) const {
    std::set<std::string> known;
    for (const auto* table : {project.find("optional-dependencies"), root_.find("dependency-groups")}) {
      if (table == nullptr) continue;
      for (const auto& item : table->items) known.insert(item.key);
    }
    const std::vector<std::string> names(known.begin(), known.end());
    const auto near = did_you_mean(name, names);
    auto error = input_error(fmt::format("{} has no extra or dependency group {}{}", file_, in_quotes(name),
                                         near ? fmt::format("; did you mean {}?", in_quotes(*near)) : ""));
    if (!known.empty()) error.hint(fmt::format("it has {}", quoted_names(known)));
    return error;
  }

  Result<void> read_uv_bounds() {
    TRY_ASSIGN(const auto tool, root_.table("tool"));
    TRY_ASSIGN(const auto uv, tool.table("uv"));
    for (const std::string_view key : {"constraint-dependencies", "override-dependencies"}) {
      std::vector<std::string> texts;
      TRY(uv.read(key, texts));
      auto& bounds = key.starts_with("constraint") ? needs_.constraints : needs_.overrides;
      for (std::size_t i = 0; i < texts.size(); ++i) {
        auto bound = specs::Requirement::parse(texts[i]);
        if (!bound) return fail(uv.wrong(key, uv.find(key)->items[i], bound.error().message()));
        bounds.push_back(*std::move(bound));
      }
    }
    return {};
  }

  const TomlTable& root_;
  std::string file_;
  const std::set<std::string>& extras_;
  std::string name_;
  std::map<std::string, Source> sources_;
  std::set<std::string> read_;  // extras and groups, normalized
  ProjectNeeds needs_;
};

}  // namespace

Result<ProjectNeeds> parse_pyproject(std::string_view text, std::string_view file,
                                     const std::set<std::string>& extras, const specs::Interpreter& python) {
  TRY_ASSIGN(const auto document, parse_toml(text, file));
  const TomlTable root(document, file);
  return Reader(root, file, extras).read(python);
}

}  // namespace launch::project
