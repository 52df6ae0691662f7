#include "image/sbom.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <tuple>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "image/dockerfile.hpp"
#include "image/layers.hpp"
#include "image/purl.hpp"
#include "project/build_record.hpp"

namespace launch::image {
namespace {

std::string without_end_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

std::string url_of(const std::optional<specs::Url>& url) {
  return url ? plain_url(*url) : std::string();
}

std::string checksum_of(const project::LockedFile& file) {
  return file.sha256 ? file.sha256->text() : std::string();
}

/// Qualifiers of a file of an index: its name, and for another index than the default what identifies it.
std::map<std::string, std::string> qualifiers_of(const project::LockedPackage& package,
                                                 const project::LockedFile& file,
                                                 std::string_view default_index) {
  std::map<std::string, std::string> qualifiers{{"file_name", file.file_name}};
  const auto index = package.index ? specs::Url::parse(*package.index) : std::nullopt;
  const bool is_default = package.index && !default_index.empty() &&
                          without_end_slash(*package.index) == without_end_slash(default_index);
  if (is_default) return qualifiers;
  qualifiers["checksum"] = checksum_of(file);
  if (index) {
    qualifiers["repository_url"] = without_end_slash(plain_url(*index));
  } else {
    qualifiers["download_url"] = url_of(file.url);
  }
  return qualifiers;
}

BillPart base_part(const project::BaseImage& base, const std::vector<specs::Platform>& platforms) {
  const auto slash = base.name.rfind('/');
  const auto name = slash == std::string::npos ? base.name : base.name.substr(slash + 1);
  const auto digest = base.digest ? base.digest->text() : std::string();
  BillPart part;
  part.kind = BillPart::Kind::base;
  part.name = base.name;
  part.version = base.tag;
  part.purl = Purl{"oci", to_lower(name), digest, {{"repository_url", base.name}, {"tag", base.tag}}}.text();
  part.sha256 = base.digest;
  part.platforms = platforms;
  if (!base.distribution.empty()) part.properties.emplace_back("launch:distribution", base.distribution);
  for (const auto& platform : platforms) {
    const auto found = base.platforms.find(platform);
    if (found == base.platforms.end()) continue;
    part.properties.emplace_back("launch:manifest:" + platform.text(), found->second.text());
  }
  return part;
}

/// The archives of the interpreter, each once.
std::vector<BillPart> interpreter_parts(const project::PythonBuild& build,
                                        const std::vector<specs::Platform>& platforms) {
  std::vector<BillPart> parts;
  const auto version = build.version();
  for (const auto& platform : platforms) {
    const auto found = build.archives.find(platform);
    if (found == build.archives.end()) continue;
    const auto& archive = found->second;
    BillPart part;
    part.kind = BillPart::Kind::interpreter;
    part.name = "cpython";
    part.version = version;
    part.file_name = archive.file_name();
    part.url = plain_url(archive.url);
    part.sha256 = archive.sha256;
    part.purl =
        Purl{"generic",
             part.name,
             version,
             {{"checksum", archive.sha256.text()}, {"download_url", part.url}, {"file_name", part.file_name}}}
            .text();
    part.platforms = {platform};
    const auto same =
        std::find_if(parts.begin(), parts.end(), [&](const auto& each) { return each.purl == part.purl; });
    if (same == parts.end()) {
      parts.push_back(std::move(part));
    } else {
      same->platforms.push_back(platform);
    }
  }
  return parts;
}

std::optional<BillSource> source_of(const project::LockedPackage& package, std::string_view default_index) {
  const auto version = package.version.text();
  if (package.build && package.build->git) {
    const auto& git = *package.build->git;
    const auto where = plain_url(git.url);
    const auto url = where.empty() ? std::string() : fmt::format("git+{}@{}", where, git.commit);
    const auto name = where.empty() ? package.name : where;
    return BillSource{name, url, Purl{"generic", package.name, version, {{"vcs_url", url}}}.text(), {}};
  }
  if (!package.build || !package.sdist) return std::nullopt;
  const auto& sdist = *package.sdist;
  return BillSource{sdist.file_name, url_of(sdist.url),
                    Purl{"pypi", package.name, version, qualifiers_of(package, sdist, default_index)}.text(),
                    sdist.sha256};
}

BillPart wheel_part(const project::LockedPackage& package, const project::LockedWheel& wheel,
                    std::string_view default_index) {
  BillPart part;
  part.name = package.name;
  part.version = package.version.text();
  part.file_name = wheel.file_name;
  part.url = url_of(wheel.url);
  part.sha256 = wheel.sha256;
  // No index has a wheel that launch built.
  auto qualifiers = qualifiers_of(package, wheel, default_index);
  if (package.build) qualifiers = {{"file_name", wheel.file_name}, {"checksum", checksum_of(wheel)}};
  part.purl = Purl{"pypi", part.name, part.version, std::move(qualifiers)}.text();
  if (wheel.size > 0) part.properties.emplace_back("launch:size", std::to_string(wheel.size));
  if (package.marker) part.properties.emplace_back("launch:marker", *package.marker);
  part.source = source_of(package, default_index);
  return part;
}

/// The wheels of all platforms, and the names that each depends on.
struct Wheels {
  std::vector<BillPart> parts;
  std::vector<const project::LockedPackage*> packages;  ///< of each part
};

Result<Wheels> wheels_of(const BillInput& input, const specs::Interpreter& python) {
  const auto& lock = input.lock.lock;
  std::map<std::tuple<std::string, std::string, std::string>,
           std::pair<BillPart, const project::LockedPackage*>>
      found;  // by name, version and file
  for (const auto& platform : input.platforms) {
    TRY_ASSIGN(const auto wheels, wheels_for(lock, python, platform));
    for (const auto& each : wheels) {
      for (const auto& package : lock.packages) {
        if (package.name != each.package) continue;
        const auto wheel = std::find_if(package.wheels.begin(), package.wheels.end(), [&](const auto& own) {
          return own.file_name == each.wheel.file_name;
        });
        if (wheel == package.wheels.end()) continue;
        auto& entry = found[{package.name, package.version.text(), wheel->file_name}];
        if (entry.second == nullptr) entry = {wheel_part(package, *wheel, input.default_index), &package};
        auto& platforms = entry.first.platforms;
        if (platforms.empty() || platforms.back() != platform) platforms.push_back(platform);
      }
    }
  }
  Wheels wheels;
  for (auto& [key, entry] : found) {
    wheels.parts.push_back(std::move(entry.first));
    wheels.packages.push_back(entry.second);
  }
  return wheels;
}

bool share_a_platform(const BillPart& a, const BillPart& b) {
  return std::any_of(a.platforms.begin(), a.platforms.end(), [&](const auto& platform) {
    return std::find(b.platforms.begin(), b.platforms.end(), platform) != b.platforms.end();
  });
}

/// Adds the wheels with their dependencies, which are parts of the same name on the same platforms.
void add_wheels(Bill& bill, Wheels wheels) {
  const auto first = bill.parts.size();
  std::map<std::string, std::vector<std::size_t>> by_name;
  for (std::size_t i = 0; i < wheels.parts.size(); ++i) {
    by_name[wheels.parts[i].name].push_back(first + i);
    bill.parts.push_back(std::move(wheels.parts[i]));
  }
  for (std::size_t i = 0; i < wheels.packages.size(); ++i) {
    auto& part = bill.parts[first + i];
    std::set<std::size_t> needs;
    for (const auto& name : wheels.packages[i]->dependencies) {
      const auto named = by_name.find(name);
      if (named == by_name.end()) continue;
      for (const auto other : named->second) {
        if (other != first + i && share_a_platform(part, bill.parts[other])) needs.insert(other);
      }
    }
    part.needs.assign(needs.begin(), needs.end());
  }
}

void reach(const Bill& bill, std::size_t from, std::set<std::size_t>& reached) {
  std::vector<std::size_t> waiting{from};
  while (!waiting.empty()) {
    const auto part = waiting.back();
    waiting.pop_back();
    if (!reached.insert(part).second) continue;
    waiting.insert(waiting.end(), bill.parts[part].needs.begin(), bill.parts[part].needs.end());
  }
}

/// The parts that no other needs, and one of each circle that none of these reaches.
std::vector<std::size_t> direct_of(const Bill& bill) {
  std::set<std::size_t> needed;
  for (const auto& part : bill.parts) needed.insert(part.needs.begin(), part.needs.end());
  std::set<std::size_t> direct;
  std::set<std::size_t> reached;
  for (const bool circles : {false, true}) {
    for (std::size_t i = 0; i < bill.parts.size(); ++i) {
      if (circles ? reached.contains(i) : needed.contains(i)) continue;
      direct.insert(i);
      reach(bill, i, reached);
    }
  }
  return {direct.begin(), direct.end()};
}

std::vector<std::pair<std::string, std::string>> properties_of(const project::Provenance& provenance) {
  std::vector<std::pair<std::string, std::string>> properties;
  if (provenance.cuda) properties.emplace_back("launch:accelerator", provenance.cuda->text());
  if (provenance.cuda_version) properties.emplace_back("launch:cuda", *provenance.cuda_version);
  if (provenance.date) properties.emplace_back("launch:nightly", provenance.date->text());
  if (provenance.base && !provenance.base->driver_floor.empty())
    properties.emplace_back("launch:driver-floor", provenance.base->driver_floor);
  return properties;
}

}  // namespace

Result<Bill> make_bill(const BillInput& input) {
  const auto& provenance = input.lock.lock.provenance;
  if (!provenance.base) {
    return fail(input_error(fmt::format("the lock {} names no base image", input.lock.file.string()))
                    .hint(fmt::format("run `launch lock {}` to fill it in", input.recipe)));
  }
  Bill bill;
  bill.recipe = input.recipe;
  bill.lock = input.lock.digest;
  bill.time = project::lock_timestamp(input.lock.lock);
  bill.platforms = input.platforms;
  bill.properties = properties_of(provenance);
  bill.parts.push_back(base_part(*provenance.base, input.platforms));
  if (provenance.interpreter) {
    for (auto& part : interpreter_parts(*provenance.interpreter, input.platforms))
      bill.parts.push_back(std::move(part));
  }
  TRY_ASSIGN(auto wheels, wheels_of(input, provenance.base->python));
  add_wheels(bill, std::move(wheels));
  bill.direct = direct_of(bill);
  return bill;
}

std::string content_uuid(std::string_view content) {
  auto hex = sha256_hex(content).substr(0, 32);
  hex[12] = '8';
  constexpr std::string_view kVariant = "89ab";
  hex[16] = kVariant[static_cast<std::size_t>(hex[16] <= '9' ? hex[16] - '0' : hex[16] - 'a' + 10) % 4];
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, "-");
  return hex;
}

}  // namespace launch::image
