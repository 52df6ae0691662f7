#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "index/simple_page.hpp"
#include "net/http.hpp"
#include "probe/wheel_lookup.hpp"
#include "project/site.hpp"
#include "pytorch/builds.hpp"
#include "specs/interpreter.hpp"

namespace launch::probe {

/// A project's page, and the index that has it.
struct FoundPage {
  specs::Url index;
  index::ProjectPage page;
};

/// The page of the query's package on its index. Errors: (input) no such project; (environment) the index
/// does not answer.
Result<FoundPage> find_page(const ReleaseQuery& query, const project::Site& site, net::HttpClient& http);

/// Wheels of any version for the platform.
std::vector<pytorch::Build> builds_for(const index::ProjectPage& page, const specs::Platform& platform);

/// The CPython in a wheel's tags; nullopt for other Pythons.
std::optional<specs::Interpreter> cpython_of(const pytorch::Build& build);
/// "3.9, 3.10 and 3.12"
std::string pythons_of(const std::vector<pytorch::Build>& builds);

/// The best build: for the query's Python, else for the newest one with a GIL. Null if there is none for that
/// Python.
const pytorch::Build* best_build(const std::vector<pytorch::Build>& builds, const ReleaseQuery& query);

}  // namespace launch::probe
