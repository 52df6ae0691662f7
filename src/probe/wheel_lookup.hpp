#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"
#include "probe/report.hpp"
#include "probe/wheel_api.hpp"
#include "project/lockfile.hpp"
#include "project/site.hpp"
#include "pytorch/channel.hpp"
#include "specs/interpreter.hpp"
#include "store/store.hpp"

namespace launch::probe {

/// Opened wheels of one platform: from the store if they are there, else by range requests.
struct OpenedWheels {
  specs::Platform platform;
  std::vector<AskedWheel> asked;
  std::vector<LabelledWheel> wheels;
  std::vector<std::string> missing;  ///< packages without a wheel for the platform in the lock
};

/// The readable location of a locked wheel: an http, https or file URL.
using LocateWheel = std::function<Result<specs::Url>(const project::LockedWheel&)>;

/// Opens the wheels of some packages of a lock, for each of its platforms (project::pick_for_platforms).
/// Errors: (input) the package is not in the lock, with a "did you mean", or has no wheel for any platform;
/// (environment) the wheel is available from neither store nor index.
Result<std::vector<OpenedWheels>> open_locked_wheels(const project::Lockfile& lock,
                                                     const std::vector<std::string>& packages,
                                                     const LocateWheel& locate, const store::Store& store,
                                                     net::HttpClient& http);

/// The build of a package to look for, without a lock.
struct ReleaseQuery {
  std::string package = "torch";
  std::string version = {};  ///< "2.3.1"; without a local part, matches any
  pytorch::Channel channel = pytorch::Channel::index;
  std::optional<specs::Accelerator> cuda = {};    ///< nullopt: any, which only the general index has
  std::optional<specs::Interpreter> python = {};  ///< nullopt: the newest with a wheel
  specs::Platform platform = {};
};

/// Finds that build's wheel on its index and opens it. Errors: (input) a query without a version, or no such
/// wheel (lists those available); (environment) the index does not answer.
Result<OpenedWheels> open_release(const ReleaseQuery& query, const project::Site& site,
                                  const store::Store& store, net::HttpClient& http);

}  // namespace launch::probe
