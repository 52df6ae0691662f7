#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "net/http.hpp"
#include "project/project.hpp"
#include "project/site.hpp"
#include "store/store.hpp"

namespace launch::commands {

/// What the workflows need from outside.
struct Context {
  const Environment& environment;
  ProcessRunner& runner;
  Disk& disk;
  Clock& clock;
  Reporter& reporter;
  std::function<std::unique_ptr<net::HttpClient>(net::HttpOptions)> make_http;
  std::string default_index = {};     ///< the general index of a machine that configures none
  std::filesystem::path folder = {};  ///< relative paths in requests start here
  bool folder_is_root = false;  ///< `folder` is the project's root; else its nearest parent with recipes/
  std::filesystem::path lock_folder = {};  ///< of the project's locks; empty: its lockfiles/
  std::stop_token stop = {};
  std::function<int()> signal = {};    ///< the signal that requested the stop
  std::filesystem::path program = {};  ///< this executable, for processes that outlive a command
  /// From now on SIGUSR1 and SIGUSR2 are given to the function, on a thread of its own, and a second signal
  /// that requests a stop requests the returned token. Before, they end the program at once, as a third does.
  std::function<std::stop_token(std::function<void(int)>)> take_signals = {};

  /// The part of it that the rooms below need.
  Work work() const { return {disk, clock, reporter, stop}; }
};

/// The project of a request, with its settings.
struct Workspace {
  project::Project project;
  project::Site site;
};

/// Errors: those of Project::find and load_site.
Result<Workspace> open_workspace(const Context& context);
/// The same for locks (names or paths), which may be outside any project if all of them are paths.
Result<Workspace> open_workspace_of(std::span<const std::string> locks, const Context& context);
/// The settings alone, for workflows without a project. Errors: those of load_site.
Result<project::Site> load_site(const Context& context);

/// A folder of the site's state for a recipe of this project: bump/demo-0123456789ab. `inputs` tells apart
/// what has the same recipe. Errors (environment): it cannot be created.
Result<std::filesystem::path> open_state_folder(const Workspace& workspace, const std::string& kind,
                                                const std::string& recipe, const std::string& inputs,
                                                Disk& disk);

/// Which answers may come from the cache.
struct HttpUse {
  bool offline = false;  ///< all, whatever their age; nothing goes over the network
  bool refresh = false;  ///< only those that the server has just confirmed
};
/// An HTTP client with the site's cache and certificates. A stop ends its exchanges.
std::unique_ptr<net::HttpClient> open_http(const Context& context, const project::Site& site,
                                           HttpUse use = {});

/// The site's store. Errors: those of Store::open.
Result<store::Store> open_store(const Context& context, const project::Site& site);

/// Notes in the store that this lock needs its wheels, so that `launch store gc` keeps them; warns if that
/// fails.
void note_root(const store::Store& store, const std::filesystem::path& lock, Reporter& reporter);

/// Errors (environment): a stop was requested. Call it before changing something or returning an answer.
Result<void> require_no_stop(const Context& context);

}  // namespace launch::commands
