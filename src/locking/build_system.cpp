#include "locking/build_system.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/toml.hpp"

namespace launch::locking {
namespace {

Result<std::vector<std::string>> read_requires(std::string_view pyproject, std::string_view file) {
  TRY_ASSIGN(const auto document, parse_toml(pyproject, fmt::format("{}/pyproject.toml", file)));
  const TomlTable root(document, fmt::format("{}/pyproject.toml", file));
  std::vector<std::string> texts{"setuptools", "wheel"};
  if (root.find("build-system") == nullptr) return texts;
  TRY_ASSIGN(const auto table, root.table("build-system"));
  TRY(table.read("requires", texts));
  return texts;
}

bool names(const std::vector<specs::Requirement>& all, std::string_view name) {
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
}

}  // namespace

Result<std::vector<specs::Requirement>> build_requirements(const std::optional<std::string>& pyproject,
                                                           std::string_view file) {
  auto texts = read_requires(pyproject.value_or(""), file);
  if (!texts) return fail(std::move(texts.error()).as(ErrorKind::unusable));
  std::vector<specs::Requirement> needs;
  for (const auto& text : *texts) {
    auto requirement = specs::Requirement::parse(text);
    if (!requirement || requirement->url) {
      return fail(Error(
          ErrorKind::unusable,
          fmt::format("{} requires {} to be built, expected a package of an index", file, in_quotes(text))));
    }
    needs.push_back(*std::move(requirement));
  }
  if (names(needs, "setuptools") && !names(needs, "wheel"))
    needs.push_back(specs::Requirement::parse("wheel").value());
  return needs;
}

}  // namespace launch::locking
