#include "image/overlaps.hpp"

#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/installation.hpp"
#include "archive/layer.hpp"
#include "archive/wheel_contents.hpp"
#include "base/json.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/derived.hpp"

namespace launch::image {
namespace {

using Json = nlohmann::json;
using archive::InstallPaths;

/// Where a wheel puts a file, and what tells its content from another.
struct Placed {
  std::string path;
  std::string mark;
};

/// All files that installing a wheel yields.
Result<std::vector<Placed>> files_of(const archive::ZipFile& zip, const InstallPaths& paths) {
  TRY_ASSIGN(const auto contents, archive::read_wheel_contents(zip, paths));
  std::vector<Placed> files;
  for (const auto& file : contents.files) {
    const auto& entry = zip.entries()[file.entry];
    files.push_back({file.path, fmt::format("{:x} {}", entry.crc32, entry.size)});
  }
  for (const auto& script : contents.scripts)
    files.push_back({fmt::format("{}/{}", paths.scripts, script.name),
                     fmt::format("{}:{}", script.module, script.attribute)});
  for (const auto* own : {"/INSTALLER", "/RECORD"})
    files.push_back({contents.dist_info + own, contents.dist_info});
  return files;
}

std::string title_of(const ImageWheel& wheel) {
  return fmt::format("{} {}", wheel.package, wheel.version);
}

/// Installs wheels by name, one after the other.
class Names {
 public:
  /// `wheels` name those whose files are added, by their numbers.
  explicit Names(const std::vector<std::string>& wheels) : wheels_(wheels) {}

  /// `files` must outlive this object.
  Result<void> add(std::size_t wheel, const std::vector<Placed>& files) {
    for (const auto& file : files) {
      TRY(add_folders(wheel, file.path));
      if (const auto folder = folders_.find(file.path); folder != folders_.end())
        return clash(file.path, wheel, folder->second);
      const auto [at, is_new] = files_.try_emplace(file.path, File{wheel, file.mark});
      if (is_new) continue;
      if (at->second.mark != file.mark) note(at->second.wheel, wheel, file.path);
      at->second = {wheel, file.mark};
    }
    return {};
  }

  std::vector<Overlap> overlaps() {
    std::vector<Overlap> all;
    for (auto& [pair, overlap] : overlaps_) all.push_back(std::move(overlap));
    return all;
  }

 private:
  struct File {
    std::size_t wheel;
    std::string_view mark;
  };

  Result<void> add_folders(std::size_t wheel, std::string_view path) {
    for (auto slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/', slash - 1)) {
      const auto folder = path.substr(0, slash);
      if (const auto file = files_.find(folder); file != files_.end())
        return clash(folder, file->second.wheel, wheel);
      if (!folders_.try_emplace(folder, wheel).second) return {};  // and so are those above it
    }
    return {};
  }

  Result<void> clash(std::string_view path, std::size_t file, std::size_t folder) const {
    return fail(
        input_error(fmt::format("the wheels of {} and {} cannot be installed together: {} is a file in the "
                                "first and a folder in the second",
                                wheels_[file], wheels_[folder], in_quotes(path))));
  }

  void note(std::size_t replaced, std::size_t by, std::string_view path) {
    auto& overlap =
        overlaps_.try_emplace({by, replaced}, Overlap{wheels_[replaced], wheels_[by], 0, std::string(path)})
            .first->second;
    ++overlap.files;
  }

  const std::vector<std::string>& wheels_;
  std::unordered_map<std::string_view, File> files_;
  std::unordered_map<std::string_view, std::size_t> folders_;  ///< with the first wheel that has them
  std::map<std::pair<std::size_t, std::size_t>, Overlap> overlaps_;
};

/// The name under which the answer for wheels is kept.
std::string answer_name(const std::vector<store::LayerWheel>& wheels, const specs::Interpreter& python) {
  constexpr int kVersion = 1;  // raised whenever the same wheels get another answer
  auto text = fmt::format("overlaps {}\n{}\n{}\n", kVersion, archive::kLayerVersion, python.text());
  for (const auto& wheel : wheels) text += wheel.digest.hex() + '\n';
  return "overlaps-" + Digest::of(text).hex();
}

std::string answer_text(const std::vector<Overlap>& overlaps) {
  auto answer = Json::array();
  for (const auto& each : overlaps) answer.push_back({each.package, each.by, each.files, each.first});
  return json_text(answer);
}

std::optional<std::vector<Overlap>> parse_answer(const std::string& text) {
  const auto answer = parse_json<Json>(text);
  if (!answer.is_array()) return std::nullopt;
  std::vector<Overlap> overlaps;
  for (const auto& each : answer) {
    if (!each.is_array() || each.size() != 4) return std::nullopt;
    const auto files = json_integer<std::size_t>(each[2]);
    if (!files) return std::nullopt;
    overlaps.push_back({json_string(each[0]), json_string(each[1]), *files, json_string(each[3])});
  }
  return overlaps;
}

}  // namespace

std::string Overlap::text() const {
  return fmt::format("{} replaces {} of {}{} {}", by, count_of(files, "file"), package,
                     files == 1 ? ":" : ", such as", printable(first));
}

Result<std::vector<Overlap>> find_overlaps(const GroupedWheels& grouped, const specs::Interpreter& python,
                                           const store::Store& store,
                                           const std::function<Result<void>()>& fetch, Disk& disk) {
  const auto wheels = grouped.in_order();
  if (wheels.empty()) return std::vector<Overlap>{};
  const auto name = answer_name(wheels, python);
  if (const auto known = store::derived(store, wheels.front().digest, name)) {
    if (auto answer = parse_answer(*known)) return *std::move(answer);
  }
  std::vector<std::string> titles;
  bool present = true;
  for (const auto& each : wheels) {
    const auto& wheel = grouped.wheel_of(each.digest);
    titles.push_back(title_of(wheel));
    present = present && store.has(each.digest, wheel.wheel.file_name);
  }
  if (!present) TRY(fetch());
  TRY_ASSIGN(const auto open, store::OpenWheels::open(wheels));
  const auto paths = InstallPaths::of(python);
  std::vector<std::vector<Placed>> files(wheels.size());
  TRY(try_side_by_side(wheels.size(), [&](std::size_t at) -> Result<void> {
    const auto& zip = open.zips()[at];
    TRY_ASSIGN(files[at],
               during(files_of(zip, paths), [&] { return fmt::format("reading {}", zip.name()); }));
    return {};
  }));
  Names names(titles);
  for (std::size_t at = 0; at < wheels.size(); ++at) TRY(names.add(at, files[at]));
  auto overlaps = names.overlaps();
  store::keep_derived(store, wheels.front().digest, name, answer_text(overlaps), disk);
  return overlaps;
}

void warn_of_overlaps(const std::vector<Overlap>& overlaps, Reporter& reporter) {
  for (const auto& each : overlaps) reporter.warn(each.text());
}

}  // namespace launch::image
