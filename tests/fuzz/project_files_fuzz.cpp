#include "fuzz/fuzz.hpp"
#include "project/pyproject.hpp"
#include "project/requirements_txt.hpp"
#include "pytorch/channel.hpp"

namespace launch::fuzz {
namespace {

void check_needs(const Result<project::ProjectNeeds>& needs) {
  if (!parsed(needs)) return;
  for (const auto& found : needs->packages) {
    const auto text = found.requirement.text();
    check_reads_back(text, specs::Requirement::parse, [](const specs::Requirement& r) { return r.text(); });
    require(!found.place.empty(), "a requirement has its place", text);
  }
}

}  // namespace

/// A pyproject.toml, a requirements file or a uv.lock.
void fuzz_project_files(std::string_view bytes) {
  const specs::Interpreter python{12};
  const auto without = project::parse_pyproject(bytes, "pyproject.toml", {}, python);
  check_needs(without);
  check_needs(project::parse_pyproject(bytes, "pyproject.toml", {"dev", "test"}, python));
  check_needs(project::parse_requirements_txt(bytes, "requirements.txt"));
  check_needs(project::parse_uv_lock(bytes, "uv.lock", {}));
  check_needs(project::parse_uv_lock(bytes, "uv.lock", {"dev"}));
}

}  // namespace launch::fuzz
