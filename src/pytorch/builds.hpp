#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "index/simple_page.hpp"
#include "specs/day.hpp"
#include "specs/version.hpp"

namespace launch::pytorch {

/// A wheel on a project's page, with its parsed name.
struct Build {
  std::size_t file = 0;  ///< place among the page's files
  specs::Version version;
  std::string tags;    ///< compressed
  std::string number;  ///< the build number (PEP 427), mostly empty
};

/// The wheels of a page; omits files that are not wheels or not named like one.
std::vector<Build> builds_of(std::span<const index::IndexFile> files);

/// The builds of each day that versions name. Points into `builds`.
std::map<specs::Day, std::vector<const Build*>> nights_of(std::span<const Build> builds);

}  // namespace launch::pytorch
