#include "project/declared.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/requirements_txt.hpp"
#include "pysource/python_tokens.hpp"
#include "pysource/string_values.hpp"

namespace launch::project {
namespace {

class Declarations {
 public:
  Declarations(std::string file, std::string_view package) : file_(std::move(file)), package_(package) {}

  void add(std::string_view text, std::size_t line) {
    auto requirement = specs::Requirement::parse(text);
    if (!requirement || requirement->name != package_) return;
    found_.push_back({*std::move(requirement), fmt::format("{}:{}", file_, line)});
  }

  Result<void> pyproject(std::string_view text) {
    TRY_ASSIGN(const auto document, parse_toml(text, file_));
    const auto* project = member(document, "project");
    if (project != nullptr) {
      if (const auto* list = member(*project, "dependencies")) add_items(*list);
      if (const auto* extras = member(*project, "optional-dependencies")) add_lists(*extras);
    }
    if (const auto* groups = member(document, "dependency-groups")) add_lists(*groups);
    return {};
  }

  /// Lines of [options] install_requires and [options.extras_require].
  void setup_cfg(std::string_view text) {
    std::string_view section;
    bool requires_list = false;
    std::size_t number = 0;
    for (const auto line : lines(text)) {
      ++number;
      const auto content = trim(line);
      if (content.starts_with('[')) {
        section = content;
        requires_list = false;
        continue;
      }
      const bool indented = line.starts_with(' ') || line.starts_with('\t');
      auto value = content;
      if (!indented) {
        const auto equals = content.find('=');
        const auto key = trim(content.substr(0, equals));
        requires_list =
            (section == "[options]" && key == "install_requires") || section == "[options.extras_require]";
        value = equals == std::string_view::npos ? "" : trim(content.substr(equals + 1));
      }
      if (requires_list) add(value, number);
    }
  }

  void setup_py(std::string_view text) {
    const auto tokens = pysource::tokenize(text);
    for (const auto& token : tokens.tokens) {
      if (token.kind != pysource::TokenKind::string) continue;
      if (const auto value = pysource::plain_string(tokens.text(token))) add(*value, tokens.line(token));
    }
  }

  Result<void> requirements(std::string_view text) {
    TRY_ASSIGN(auto needs, parse_requirements_txt(text, file_));
    for (auto& each : needs.packages) {
      if (each.requirement.name == package_) found_.push_back(std::move(each));
    }
    return {};
  }

  std::vector<FoundRequirement> found() && { return std::move(found_); }

 private:
  static const TomlValue* member(const TomlValue& table, std::string_view key) {
    if (table.kind != TomlValue::Kind::table) return nullptr;
    for (const auto& item : table.items) {
      if (item.key == key) return &item;
    }
    return nullptr;
  }

  void add_items(const TomlValue& list) {
    if (list.kind != TomlValue::Kind::array) return;
    for (const auto& item : list.items) {
      if (item.kind == TomlValue::Kind::string) add(item.text, item.place.line);
    }
  }

  void add_lists(const TomlValue& table) {
    for (const auto& list : table.items) add_items(list);
  }

  std::string file_;
  std::string_view package_;
  std::vector<FoundRequirement> found_;
};

}  // namespace

std::vector<std::string> declaring_files() {
  return {"pyproject.toml", "setup.cfg", "setup.py", "requirements.txt"};
}

Result<std::vector<FoundRequirement>> declared_in(std::string_view text, const std::string& file,
                                                  std::string_view package) {
  Declarations declarations(file, package);
  if (file.ends_with(".toml")) {
    TRY(declarations.pyproject(text));
  } else if (file.ends_with(".cfg")) {
    declarations.setup_cfg(text);
  } else if (file.ends_with(".py")) {
    declarations.setup_py(text);
  } else {
    TRY(declarations.requirements(text));
  }
  return std::move(declarations).found();
}

}  // namespace launch::project
