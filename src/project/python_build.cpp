#include "project/python_build.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "project/python_builds.hpp"
#include "project/toml_values.hpp"
#include "specs/patch_set.hpp"

namespace launch::project {
namespace {

constexpr std::string_view kArchiveEnd = ".tar.gz";

/// One row of the table.
struct Row {
  std::pair<specs::Interpreter, int> release;
  specs::Platform platform;
  PythonArchive archive;
};

Result<Row> row_of(const std::vector<std::string>& cells) {
  const auto release = parse_python_release(cells[0] + (cells[1] == "t" ? "t" : ""));
  const auto platform = specs::Platform::of_machine(cells[2]);
  auto sha256 = Digest::of_hex(cells[3]);
  auto url = specs::Url::parse(cells[4]);
  if (!release || !platform || !sha256 || !url)
    return fail(input_error(fmt::format("python_builds.tsv: bad row {}", join(cells, " "))));
  return Row{*release, *platform, {*std::move(url), *std::move(sha256)}};
}

Result<std::vector<PythonBuild>> read_builds() {
  std::map<std::pair<specs::Interpreter, int>, PythonBuild> builds;
  TRY_ASSIGN(const auto rows, read_table(kPythonBuildsText, "python_builds.tsv",
                                         {"version", "flavour", "arch", "sha256", "url"}));
  for (const auto& cells : rows) {
    TRY_ASSIGN(auto row, row_of(cells));
    auto& build = builds[row.release];
    std::tie(build.python, build.patch) = row.release;
    build.archives.emplace(row.platform, std::move(row.archive));
  }
  std::vector<PythonBuild> out;
  out.reserve(builds.size());
  for (auto& [release, build] : builds) out.push_back(std::move(build));
  return out;
}

const PythonBuild* newest(std::span<const PythonBuild> builds, const specs::Interpreter& python,
                          std::optional<int> patch, std::span<const specs::Platform> platforms) {
  const PythonBuild* best = nullptr;
  for (const auto& build : builds) {
    if (build.fits(python, patch, platforms) && (best == nullptr || build.patch > best->patch)) best = &build;
  }
  return best;
}

/// The releases of a Python that have all platforms, or if there is none, the Pythons that are known.
std::vector<std::string> alternatives(const specs::Interpreter& python,
                                      std::span<const specs::Platform> platforms) {
  std::vector<std::string> releases;
  std::vector<std::string> pythons;
  for (const auto& build : known_python_builds()) {
    if (build.fits(python, std::nullopt, platforms)) releases.push_back(build.version());
    if (pythons.empty() || pythons.back() != build.python.text()) pythons.push_back(build.python.text());
  }
  return releases.empty() ? pythons : releases;
}

}  // namespace

std::string PythonArchive::file_name() const {
  const auto path = url.path();
  return specs::percent_decode(path.substr(path.rfind('/') + 1));
}

std::string PythonBuild::version() const {
  return fmt::format("{}.{}{}", python.version(), patch, python.free_threaded ? "t" : "");
}

bool PythonBuild::fits(const specs::Interpreter& wanted, std::optional<int> wanted_patch,
                       std::span<const specs::Platform> platforms) const {
  return python == wanted && (!wanted_patch || patch == *wanted_patch) &&
         std::all_of(platforms.begin(), platforms.end(),
                     [&](const specs::Platform& each) { return archives.contains(each); });
}

const std::vector<PythonBuild>& known_python_builds() {
  static const auto builds = read_builds().value();
  return builds;
}

Result<PythonBuild> choose_python_build(const specs::Interpreter& python, std::optional<int> patch,
                                        std::span<const specs::Platform> platforms,
                                        std::span<const PythonBuild> own) {
  if (const auto* build = newest(own, python, patch, platforms)) return *build;
  if (const auto* build = newest(known_python_builds(), python, patch, platforms)) return *build;
  std::vector<std::string> names;
  for (const auto& platform : platforms) names.push_back(platform.text());
  const auto wanted = patch ? PythonBuild{python, *patch, {}}.version() : python.text();
  return fail(input_error(fmt::format("no standalone build of Python {} found for {}; available: {}", wanted,
                                      join_words(names), join_words(alternatives(python, platforms))))
                  .hint("set python to one of these, or set python = \"base\" under [image] to use the base "
                        "image's Python")
                  .hint("or add your own build as [[interpreter]] to launch.toml"));
}

std::string write_python_build(const PythonBuild& build, std::string_view name) {
  auto out = fmt::format("\n[{}]\nversion = {}\n", name, toml_string(build.version()));
  for (const auto& [platform, archive] : build.archives) {
    out += fmt::format("\n[{}.{}]\nurl = {}\nsha256 = {}\n", name, platform.text(),
                       toml_string(archive.url.text()), toml_string(archive.sha256.hex()));
  }
  return out;
}

Result<PythonBuild> read_python_build(const TomlTable& table) {
  PythonBuild build;
  TRY_ASSIGN(const auto text, required_text(table, "version", "a Python release"));
  const auto release = parse_python_release(text);
  if (!release) return fail(table.wrong("version", found("a Python release such as \"3.12.11\"", text)));
  std::tie(build.python, build.patch) = *release;
  for (const auto& platform : specs::Platform::all()) {
    if (table.find(platform.text()) == nullptr) continue;
    TRY_ASSIGN(const auto row, table.table(platform.text()));
    TRY_ASSIGN(const auto address, required_text(row, "url", "a URL"));
    auto url = specs::Url::parse(address);
    if (!url || (!url->is_http() && !url->is_file()))
      return fail(row.wrong("url", found("an https, http or file URL", address)));
    TRY_ASSIGN(const auto hex, required_text(row, "sha256", "64 hexadecimal digits"));
    auto sha256 = Digest::of_hex(hex);
    if (!sha256) return fail(row.wrong("sha256", found("64 hexadecimal digits", hex)));
    PythonArchive archive{*std::move(url), *std::move(sha256)};
    const auto name = archive.file_name();
    if (!name.ends_with(kArchiveEnd) || name.size() == kArchiveEnd.size() ||
        name.find('/') != std::string::npos || has_control(name))
      return fail(row.wrong("url", found("the URL of a .tar.gz file", address)));
    build.archives.emplace(platform, std::move(archive));
  }
  if (build.archives.empty()) return fail(table.wrong("version", "the build has an archive for no platform"));
  return build;
}

std::optional<std::pair<specs::Interpreter, int>> parse_python_release(std::string_view text) {
  const bool free_threaded = text.ends_with('t');
  const auto release = text.substr(0, text.size() - (free_threaded ? 1 : 0));
  const auto dot = release.rfind('.');
  const auto patch = dot == std::string_view::npos ? std::nullopt : parse_u64(release.substr(dot + 1));
  if (!patch || *patch >= specs::PatchSet().size()) return std::nullopt;
  const auto python =
      specs::Interpreter::parse(fmt::format("{}{}", release.substr(0, dot), free_threaded ? "t" : ""));
  return python ? std::optional(std::pair(*python, static_cast<int>(*patch))) : std::nullopt;
}

}  // namespace launch::project
