#include "commands/fallbacks.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "commands/scan_paths.hpp"
#include "probe/fallbacks.hpp"
#include "probe/platforms.hpp"
#include "probe/read_source.hpp"
#include "pysource/requirement_names.hpp"

namespace launch::commands {
namespace {

constexpr const char* kTorch = "torch";

/// A build of torch and what it says of the code's names.
struct Side {
  probe::AskedWheel wheel;
  probe::PlatformApis apis;
  std::vector<probe::JudgedName> names = {};
};

Side side_of(probe::OpenedWheels opened) {
  auto wheel = opened.asked.front();
  std::vector<probe::OpenedWheels> wheels;
  wheels.push_back(std::move(opened));
  return Side{std::move(wheel), probe::PlatformApis(std::move(wheels))};
}

/// The rewriting of some code for two builds.
class Fallbacks {
 public:
  Fallbacks(Side older, Side newer, probe::TreeScan scan)
      : older_(std::move(older)), newer_(std::move(newer)), scan_(std::move(scan)) {}

  Result<FallbackDocument> run() {
    for (auto* side : {&older_, &newer_}) {
      TRY_ASSIGN(auto answers, side->apis.ask(scan_));
      side->names = std::move(answers.front().names);
    }
    document_.from = older_.wheel;
    document_.to = newer_.wheel;
    TRY(find_places(older_, newer_, gone_));
    TRY(find_places(newer_, older_, come_));
    for (std::size_t name = 0; name < scan_.names.size(); ++name) {
      for (std::size_t use = 0; use < newer_.names[name].uses.size(); ++use) add(name, use);
    }
    TRY(write_patch());
    std::sort(document_.imports.begin(), document_.imports.end(), [](const auto& a, const auto& b) {
      return std::tie(a.file, a.line, a.name) < std::tie(b.file, b.line, b.name);
    });
    return std::move(document_);
  }

 private:
  using Places = std::map<pysource::Requirement, probe::Advice>;

  /// Where names that `has` has are in the one that lacks them.
  static Result<void> find_places(Side& has, Side& lacks, Places& places) {
    std::vector<pysource::Requirement> missing;
    for (std::size_t i = 0; i < lacks.names.size(); ++i) {
      const auto& requirement = lacks.names[i].requirement;
      if (requirement.tier == pysource::Tier::import && lacks.names[i].fails() &&
          has.names[i].answer.verdict == pysource::Verdict::yes) {
        missing.push_back(requirement);
      }
    }
    TRY_ASSIGN(places, lacks.apis.look_elsewhere(0, missing, &has.apis));
    return {};
  }

  void add(std::size_t name, std::size_t use) {
    const auto& requirement = newer_.names[name].requirement;
    const bool fails_older = older_.names[name].uses[use].fails();
    const bool fails_newer = newer_.names[name].uses[use].fails();
    if (requirement.tier != pysource::Tier::import || (!fails_older && !fails_newer)) return;
    const auto& place = newer_.names[name].uses[use].use;
    MovedImport import{pysource::dotted_name(requirement),
                       place.file,
                       place.line,
                       requirement.module,
                       requirement.module,
                       {}};
    if (fails_older) import.older.clear();
    if (fails_newer) import.newer.clear();
    if (fails_older && fails_newer) {
      import.reason = fmt::format("neither {} nor {} has it", document_.from.version, document_.to.version);
    } else {
      auto& missing = fails_newer ? import.newer : import.older;
      const auto& places = fails_newer ? gone_ : come_;
      const auto found = places.find(requirement);
      if (found != places.end() && !found->second.moved.empty()) {
        missing = found->second.moved.front();
      } else {
        const auto& lacking = fails_newer ? document_.to : document_.from;
        import.reason = fmt::format("it was not found anywhere in {} {}", lacking.package, lacking.version);
      }
    }
    if (import.reason.empty())
      moved_[place.file].emplace(
          probe::SourcePlace{place.line, place.column},
          std::pair(probe::MovedName{import.older, import.newer}, document_.imports.size()));
    document_.imports.push_back(std::move(import));
  }

  Result<void> write_patch() {
    for (const auto& [file, moves] : moved_) {
      TRY_ASSIGN(const auto source, probe::read_source(scan_.places.at(file)));
      std::map<probe::SourcePlace, probe::MovedName> names;
      for (const auto& [place, move] : moves) names.emplace(place, move.first);
      const auto rewriting = probe::write_fallbacks(source, names);
      for (const auto& [place, why] : rewriting.refused)
        document_.imports[moves.at(place).second].reason = why;
      const auto shown = std::filesystem::path(file).lexically_normal().string();
      document_.patch += probe::unified_diff(shown, source, rewriting.edits);
    }
    return {};
  }

  Side older_;
  Side newer_;
  probe::TreeScan scan_;
  Places gone_;  // where the newer release has what only the older one has at the code's place
  Places come_;
  std::map<std::string, std::map<probe::SourcePlace, std::pair<probe::MovedName, std::size_t>>> moved_;
  FallbackDocument document_;
};

}  // namespace

bool FallbackDocument::complete() const {
  return std::all_of(imports.begin(), imports.end(), [](const auto& each) { return each.reason.empty(); });
}

Result<FallbackDocument> fallbacks_between(probe::OpenedWheels older, probe::OpenedWheels newer,
                                           probe::TreeScan scan) {
  return Fallbacks(side_of(std::move(older)), side_of(std::move(newer)), std::move(scan)).run();
}

Result<FallbackDocument> fallbacks(const FallbackRequest& request, const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(const auto store, open_store(context, site));
  const auto http = open_http(context, site);
  TRY_ASSIGN(const auto paths, find_scan_paths(request.paths, request.exclude, context));
  TRY_ASSIGN(auto scan, probe::scan_tree(paths, {kTorch}));
  warn_of_problems(scan, context.reporter);
  const auto open = [&](const std::string& version) {
    context.reporter.status(fmt::format("looking for torch {}", version));
    return probe::open_release({.version = version}, site, store, *http);
  };
  TRY_ASSIGN(auto older, open(request.from));
  TRY_ASSIGN(auto newer, open(request.to));
  context.reporter.status("reading the wheels");
  TRY_ASSIGN(auto document, fallbacks_between(std::move(older), std::move(newer), std::move(scan)));
  TRY(require_no_stop(context));
  return document;
}

}  // namespace launch::commands
