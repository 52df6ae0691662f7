#include "probe/build_choice.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "index/index_client.hpp"
#include "project/platform_wheels.hpp"
#include "pytorch/channel.hpp"
#include "specs/tag.hpp"
#include "specs/texts.hpp"
#include "specs/wheel.hpp"

namespace launch::probe {
namespace {

/// Of wheels with the same tags, the one with the higher build number is newer (PEP 427).
std::uint64_t build_number(const pytorch::Build& build) {
  const auto end = std::min(build.number.find_first_not_of("0123456789"), build.number.size());
  return parse_u64(std::string_view(build.number).substr(0, end)).value_or(0);
}

/// The better build comes later.
auto age_of(const pytorch::Build& build) {
  const auto python = cpython_of(build).value_or(specs::Interpreter{0, true});
  return std::tuple(!python.free_threaded, python.minor, build.version, build_number(build));
}

}  // namespace

Result<FoundPage> find_page(const ReleaseQuery& query, const project::Site& site, net::HttpClient& http) {
  const bool general = query.channel == pytorch::Channel::index;
  auto url = general ? site.index_url.value
                     : pytorch::channel_index_url(site.channel_url.value, query.channel,
                                                  query.cuda.value_or(specs::Accelerator()));
  std::vector<std::string> links;
  if (general) {
    for (const auto& link : site.find_links) links.push_back(link.value);
  }
  index::IndexClient client(http,
                            {.url = url, .find_links = std::move(links), .forbidden_is_missing = !general});
  TRY_ASSIGN(auto page, client.page(query.package));
  if (!page) return fail(input_error(fmt::format("{} has no project {}", url, query.package)));
  return FoundPage{std::move(url), *std::move(page)};
}

std::vector<pytorch::Build> builds_for(const index::ProjectPage& page, const specs::Platform& platform) {
  auto builds = pytorch::builds_of(page.files);
  std::erase_if(builds, [&](const pytorch::Build& build) {
    const auto tags = specs::CompressedTags::parse(build.tags);
    return !tags || !tags->fits(platform);
  });
  return builds;
}

std::optional<specs::Interpreter> cpython_of(const pytorch::Build& build) {
  const auto tags = specs::CompressedTags::parse(build.tags);
  return tags ? tags->interpreter() : std::nullopt;
}

std::string pythons_of(const std::vector<pytorch::Build>& builds) {
  std::set<specs::Interpreter> all;
  for (const auto& build : builds) {
    if (const auto python = cpython_of(build)) all.insert(*python);
  }
  return join_words(specs::texts_of(all));
}

const pytorch::Build* best_build(const std::vector<pytorch::Build>& builds, const ReleaseQuery& query) {
  if (!query.python) {
    const auto best = std::max_element(builds.begin(), builds.end(),
                                       [](const auto& a, const auto& b) { return age_of(a) < age_of(b); });
    return best == builds.end() ? nullptr : &*best;
  }
  const auto tags = specs::supported_tags({*query.python, query.platform, project::kNewestGlibcMinor});
  const pytorch::Build* best = nullptr;
  std::optional<std::size_t> best_rank;
  for (const auto& build : builds) {
    const auto rank = specs::best_tag(build.tags, tags);
    const bool newer = best != nullptr && rank == best_rank && build_number(build) > build_number(*best);
    if (rank && (!best_rank || *rank < *best_rank || newer)) {
      best = &build;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace launch::probe
