#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/work.hpp"
#include "net/http.hpp"
#include "probe/known_wheel.hpp"
#include "probe/module_pool.hpp"
#include "probe/versions.hpp"
#include "probe/wheel_api.hpp"
#include "store/store.hpp"

namespace launch::probe {

/// Many versions of a package, whose wheels answer which names they have. Wheels are read by range requests:
/// directories once, and files that did not change between two versions once, some versions at a time. What
/// was found out is kept in the store by the wheel's sha256, so that the same question needs no request.
class VersionApis {
 public:
  VersionApis(std::string package, std::vector<VersionBuild> builds, const store::Store& store,
              net::HttpClient& http, Work work);

  std::size_t size() const { return versions_.size(); }
  const VersionBuild& build(std::size_t version) const { return versions_[version].build; }
  /// Why a version could not be read; null if it could.
  const Error* problem(std::size_t version) const;

  using Roots = std::set<std::string, std::less<>>;
  /// Top-level modules of all versions. Errors (environment): no version can be read; a stop.
  Result<Roots> roots();
  /// Those of the first, the middle and the last version: mostly the same, and known sooner. Empty if none of
  /// them can be read. Errors (environment): a stop.
  Result<Roots> roots_of_some();

  /// The answers of each version in the order of the names; none of one that cannot be read. Errors
  /// (environment): no version can be read; a stop.
  Result<std::vector<std::vector<pysource::Answer>>> ask(std::span<const pysource::Requirement> names);

  /// The commit that a version was built from, which torch's wheels name; nullopt if its wheel names none or
  /// cannot be read.
  std::optional<std::string> commit(std::size_t version);

 private:
  struct Version {
    VersionBuild build;
    std::optional<KnownWheel> known;           ///< nullopt until roots are known
    std::optional<index::ZipOutline> outline;  ///< once it was opened
    std::optional<Error> error;
  };

  struct Question {
    std::span<const pysource::Requirement> names;
    std::span<const std::string> keys;  ///< of the names
  };

  std::string label(const Version& version) const { return package_ + " " + version.build.text(); }
  Result<Roots> roots_among(std::span<Version* const> versions);
  void remember(Version& version);
  void keep(const Version& version);
  /// Forgets a directory that the store keeps: many of them take much memory.
  static void drop_outline(Version& version);
  /// Opens those of the versions that are not open; each gets its roots or its error.
  Result<void> learn(std::span<Version* const> versions);
  /// Opens versions; one that cannot be opened gets its error.
  Result<void> open(std::span<Version* const> versions);
  void open_some(std::span<Version* const> versions);
  static std::vector<std::span<Version* const>> spans_of(std::span<Version*> versions);
  Result<void> ask_span(std::span<Version* const> span, const Question& question, ModulePool& pool);
  /// Returns the modules that were read for the last of the versions.
  std::vector<ModulePool::Names> ask_some(std::span<Version* const> versions, const Question& question,
                                          ModulePool& pool, WantedFiles& expected);
  std::unique_ptr<WheelSource> source(const Version& version) const;
  Result<void> require_some() const;

  std::string package_;
  std::vector<Version> versions_;
  const store::Store& store_;
  net::HttpClient& http_;
  Work work_;
};

}  // namespace launch::probe
