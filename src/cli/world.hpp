#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "net/http.hpp"
#include "project/project.hpp"
#include "project/site.hpp"

namespace launch::cli {

/// The outside world as main hands it to a command, and what was said before the command's name.
struct World {
  const Environment& environment;
  ProcessRunner& runner;
  Clock& clock;
  Terminal& terminal;
  Output& output;
  std::stop_token stop;           ///< asked for by SIGINT and SIGTERM
  std::function<int()> signal;    ///< the signal that asked, 0 before
  std::filesystem::path program;  ///< this very binary
  std::function<std::unique_ptr<net::HttpClient>(net::HttpOptions)> make_http;
  std::filesystem::path folder = {};  ///< -C DIR, else the working folder
  bool folder_given = false;
  bool json = false;                   ///< --json
  std::vector<std::string> rest = {};  ///< what stands after "--"
};

/// Reads the project and site for a command: -C or the nearest parent with recipes/. Errors: Project::find,
/// load_site.
struct Place {
  project::Project project;
  project::Site site;
};
Result<Place> find_place(const World& world);
/// The site alone, for commands that need no project.
Result<project::Site> find_site(const World& world);

/// An HTTP client with the site's cache and certificates. `offline`: from the cache alone; `refresh`: the
/// cache is asked for nothing that the server has not confirmed now. A stop ends its exchanges.
std::unique_ptr<net::HttpClient> make_http(const World& world, const project::Site& site,
                                           bool offline = false, bool refresh = false);

/// Says that a signal ended the command and what that means ("interrupted; nothing was written"); the exit
/// code.
int interrupted(const World& world, std::string_view meaning);

}  // namespace launch::cli
