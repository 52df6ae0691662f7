#include <algorithm>

#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "train/failure.hpp"
#include "train/log_mux.hpp"
#include "train/rank_line.hpp"
#include "train/rendezvous.hpp"

namespace launch::fuzz {
namespace {

void check_cause(const std::vector<train::RankEnd>& ends, const std::vector<std::string>& all) {
  const auto failed = std::any_of(ends.begin(), ends.end(), [](const auto& end) { return end.failed(); });
  const auto cause = train::find_cause(ends, {});
  require(cause.has_value() == failed, "there is a cause where a rank failed");
  if (cause) (void)cause->sentence();
  const train::NodeEnd node{.node = 0, .code = 1, .last_lines = all};
  const auto of_node = train::find_cause(ends, {&node, 1});
  require(of_node.has_value(), "there is a cause where a node failed");
  (void)of_node->sentence();
}

}  // namespace

/// What the ranks of a node and torchrun print.
void fuzz_rank_output(std::string_view bytes) {
  std::vector<std::string> all;
  for (const auto line : lines(bytes)) {
    all.emplace_back(line);
    (void)train::port_in_use(line);
    (void)train::read_rank_event(line);
  }
  (void)train::read_torchrun_failure(all);
  (void)train::exception_in(all);

  static const Folder kFolder;
  RealDisk disk;
  SystemClock clock;
  SilentReporter reporter;
  std::vector<train::RankEnd> ends;
  train::LogMux mux(train::LogPlaces::in(kFolder.path()), {},
                    {.ended = [&](const train::RankEnd& end) { ends.push_back(end); }},
                    {disk, clock, reporter});
  for (const auto& line : all) mux.take(0, Stream::out, line);
  check_cause(ends, mux.last_lines(0));
}

}  // namespace launch::fuzz
