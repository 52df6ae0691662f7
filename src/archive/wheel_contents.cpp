#include "archive/wheel_contents.hpp"

#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "archive/layer_names.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

/// Where two have one name, the later one counts.
std::vector<EntryPoint> unique_scripts(std::vector<EntryPoint> scripts) {
  std::map<std::string, EntryPoint> by_name;
  for (auto& script : scripts) {
    auto name = script.name;
    by_name.insert_or_assign(std::move(name), std::move(script));
  }
  std::vector<EntryPoint> unique;
  unique.reserve(by_name.size());
  for (auto& [name, script] : by_name) unique.push_back(std::move(script));
  return unique;
}

/// Errors (input): in the place of a part of the virtual environment, or below it.
Result<void> check_environment(const std::string& path, const InstallPaths& paths) {
  for (const auto& own : paths.environment) {
    if (path != own && !path.starts_with(own + '/')) continue;
    return fail(bad_wheel(
        fmt::format("{} would take the place of a part of the virtual environment", in_quotes(path))));
  }
  return {};
}

Result<void> check_names(const WheelContents& contents, const ZipFile& zip, const InstallPaths& paths) {
  LayerNames names;
  for (const auto& own : paths.environment) TRY(names.add(own));
  for (const auto& file : contents.files) {
    TRY(check_file_type(zip.entries()[file.entry]));
    TRY(check_environment(file.path, paths));
    TRY(names.add(file.path));
  }
  for (const auto& script : contents.scripts) {
    const auto path = fmt::format("{}/{}", paths.scripts, script.name);
    TRY(check_environment(path, paths));
    TRY(names.add(path));
  }
  for (const auto* own : {"/INSTALLER", "/RECORD"}) TRY(names.add(contents.dist_info + own));
  return {};
}

}  // namespace

Result<WheelContents> read_wheel_contents(const ZipFile& zip, const InstallPaths& paths) {
  TRY_ASSIGN(const auto dist_info, dist_info_folder(zip.entries()));
  const auto* about = zip.find(dist_info + "/WHEEL");
  if (about == nullptr) return fail(input_error(fmt::format("the wheel has no {}/WHEEL", dist_info)));
  TRY_ASSIGN(const auto about_text, zip.read(*about));
  TRY_ASSIGN(const bool purelib, root_is_purelib(about_text));
  WheelContents contents;
  contents.dist_info = fmt::format("{}/{}", purelib ? paths.purelib : paths.platlib, dist_info);
  TRY_ASSIGN(contents.files, plan_installation(zip.entries(), purelib, paths));
  if (const auto* points = zip.find(dist_info + "/entry_points.txt")) {
    TRY_ASSIGN(const auto points_text, zip.read(*points));
    TRY_ASSIGN(auto scripts, console_scripts(points_text));
    contents.scripts = unique_scripts(std::move(scripts));
  }
  // Files that the installer writes replace the wheel's own at the same path, as with pip.
  std::set<std::string> own = {contents.dist_info + "/INSTALLER"};
  for (const auto& script : contents.scripts) own.insert(fmt::format("{}/{}", paths.scripts, script.name));
  std::erase_if(contents.files, [&](const InstallFile& file) { return own.contains(file.path); });
  TRY(check_names(contents, zip, paths));
  return contents;
}

}  // namespace launch::archive
