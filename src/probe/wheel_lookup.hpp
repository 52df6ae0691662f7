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

/// Wheels of one platform opened for questions: from the store where they are there, else by range reads.
struct OpenedWheels {
  specs::Platform platform;
  std::vector<AskedWheel> asked;
  std::vector<LabelledWheel> wheels;
  std::vector<std::string> missing;  ///< packages of which the lock has no wheel for the platform
};

/// Where the file of a locked wheel can be read: an http, https or file URL.
using LocateWheel = std::function<Result<specs::Url>(const project::LockedWheel&)>;

/// The wheels of some of a lock's packages, for each platform of the lock (project::pick_for_platforms).
/// Errors: (input) the lock does not have the package, with a "did you mean", or for none of its platforms;
/// (environment) neither store nor index gives a wheel.
Result<std::vector<OpenedWheels>> open_locked_wheels(const project::Lockfile& lock,
                                                     const std::vector<std::string>& packages,
                                                     const LocateWheel& locate, const store::Store& store,
                                                     net::HttpClient& http);

/// Which build of a package is asked for, without a lock.
struct ReleaseQuery {
  std::string package = "torch";
  std::string version = {};  ///< "2.3.1"; takes any local part when it has none
  pytorch::Channel channel = pytorch::Channel::index;
  std::optional<specs::Accelerator> cuda = {};    ///< nullopt: any, which only the general index has
  std::optional<specs::Interpreter> python = {};  ///< nullopt: the newest that there is a wheel for
  specs::Platform platform = {};
};

/// Finds that build's wheel on its index and opens it. Errors: (input) a query without a version, or no such
/// wheel, with what there is; (environment) the index does not answer.
Result<OpenedWheels> open_release(const ReleaseQuery& query, const project::Site& site,
                                  const store::Store& store, net::HttpClient& http);

}  // namespace launch::probe
