#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "probe/wheel_lookup.hpp"
#include "project/platform_wheels.hpp"
#include "pysource/module_files.hpp"

namespace launch::probe {

/// All wheels of a lock, of which only those are opened that may provide what code imports: first those of
/// packages named like the import, and the others if that does not suffice, beginning with those in the
/// store.
class LockWheels {
 public:
  /// The lock, the store and the client must outlive the object. Errors: those of pick_for_platforms.
  static Result<LockWheels> of(const project::Lockfile& lock, LocateWheel locate, const store::Store& store,
                               net::HttpClient& http);

  /// Opens the wheels of packages that are named like these modules. Errors (environment): a wheel is
  /// available from neither store nor index.
  Result<void> open_for(const std::set<std::string>& modules);
  /// True if some wheel has the module ("torch.nn"), or the first part of it that is no namespace package.
  /// Opens further wheels until one does. Errors: those of open_for.
  Result<bool> provides(std::string_view module);
  /// The same for a top-level module that a wheel imports, but trusts the name of a package: "sympy".
  Result<bool> provides_by_name(std::string_view root);
  /// Packages that the lock has no wheel of, so that nobody knows their modules.
  const std::vector<std::string>& without_wheels() const { return without_wheels_; }

  /// For each platform, the opened wheels that have one of these top-level modules, PyTorch's own first. The
  /// object is used up. Errors: those of open_for.
  Result<std::vector<OpenedWheels>> take(const std::set<std::string, std::less<>>& roots);

 private:
  /// The wheel of a package on a platform.
  struct Slot {
    project::PickedWheel picked = {};
    std::unique_ptr<WheelSource> source = {};
  };
  struct Package {
    std::string name;
    std::vector<Slot> slots = {};  ///< by platform
    bool opened = false;           ///< on some platform
    std::unique_ptr<pysource::ModuleFiles> files = {};
  };
  struct Place {
    std::size_t package = 0;
    std::size_t platform = 0;
  };

  LockWheels(LocateWheel locate, const store::Store& store, net::HttpClient& http)
      : locate_(std::move(locate)), store_(&store), http_(&http) {}
  Result<void> open(const std::vector<Place>& places);
  /// Opens packages that are not, on the first platform with a wheel.
  Result<void> open_more(bool only_from_store);
  bool has(std::string_view module) const;

  LocateWheel locate_;
  const store::Store* store_;
  net::HttpClient* http_;
  std::vector<specs::Platform> platforms_;
  std::vector<Package> packages_;
  std::vector<std::string> without_wheels_;
};

}  // namespace launch::probe
