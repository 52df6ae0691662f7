#include "train/preflight_run.hpp"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "train/stop_when.hpp"

namespace launch::train {
namespace {

/// Longer than any part of a check may take (preflight_rounds.py), and than a container to start.
constexpr std::chrono::seconds kSilence{180};
/// For the ranks to end once the check is over.
constexpr std::chrono::seconds kEnd{60};

/// Collects what the ranks say, and requests a stop when nothing more is to be expected.
class Listener {
 public:
  /// `rendezvous`: see Patience.
  Listener(Clock& clock, std::chrono::milliseconds rendezvous, const std::stop_token& stop)
      : clock_(clock),
        rendezvous_(rendezvous),
        last_(clock.steady()),
        stop_(stop, clock, [this] { return is_silent(); }) {}

  void take(std::string_view who, std::string_view text) {
    const auto dot = who.find('.');  // "[0.3]"; torchrun's own lines have no rank
    if (dot == std::string_view::npos) return;
    const auto rank = parse_u64(who.substr(dot + 1, who.find(']') - dot - 1));
    const std::scoped_lock lock(mutex_);
    if (!rank || !read_preflight_line(static_cast<int>(*rank), text, findings_)) return;
    last_ = clock_.steady();
    heard_ = true;
    if (!findings_.silent.empty()) stop_.request_stop();  // these do not end by themselves
  }

  std::stop_token token() const { return stop_.token(); }
  PreflightFindings findings() {
    const std::scoped_lock lock(mutex_);
    return findings_;
  }

 private:
  bool is_silent() {
    const std::scoped_lock lock(mutex_);
    const auto silence = clock_.steady() - last_;
    if (heard_) return silence > (findings_.over ? kEnd : kSilence);
    // Training itself ends a rendezvous that does not form, and says why.
    return rendezvous_.count() != 0 && silence > rendezvous_ + kSilence;
  }

  Clock& clock_;
  std::chrono::milliseconds rendezvous_;
  std::mutex mutex_;
  PreflightFindings findings_;
  std::chrono::steady_clock::time_point last_;
  bool heard_ = false;
  StopWhen stop_;  // last: its thread uses the others
};

/// Which ranks did not even begin is of no interest if one of them says why.
Preflight failed_by(const Cause& cause, Preflight preflight) {
  if (preflight.blame != PreflightBlame::start && preflight.blame != PreflightBlame::rank) return preflight;
  preflight.blame = PreflightBlame::start;
  preflight.nodes = {cause.node};
  preflight.ranks.clear();
  if (cause.rank) preflight.ranks.push_back(*cause.rank);
  preflight.message = cause.sentence();
  preflight.hint = cause.hint;
  return preflight;
}

void tell(const Preflight& preflight, Reporter& reporter) {
  if (preflight.works())
    reporter.note(fmt::format("preflight: {}, in {}", preflight.message, human_seconds(preflight.seconds)));
}

}  // namespace

Result<PreflightRun> run_preflight(const Plan& plan, Place& place, const std::filesystem::path& logs,
                                   const Work& work, const StopTokens& tokens) {
  TRY(make_folder(work.disk, logs));
  const auto check = preflight_plan(plan);
  work.reporter.note(fmt::format("preflight: checking {} on {}",
                                 count_of(static_cast<std::size_t>(plan.world_size()), "rank"),
                                 count_of(plan.nodes.size(), "node")));
  const auto began = work.clock.steady();
  Listener listener(work.clock, plan.patience.rendezvous, tokens.stop);
  const auto show = [&](Stream stream, std::string_view who, std::string_view text, LogMux::Shown what) {
    if (stream == Stream::out && what == LogMux::Shown::line) listener.take(who, text);
  };
  // Without a Control, whose wishes would be those of the training too: its ranks save nothing.
  TRY_ASSIGN(
      auto outcome,
      Training(check, place, nullptr, LogPlaces::in(logs), show, work).run({listener.token(), tokens.again}));
  if (tokens.stop.stop_requested()) return PreflightRun{.stop_seconds = outcome.stop_seconds};
  if (outcome.error) return fail(*std::move(outcome.error));
  auto preflight = judge_preflight(plan, listener.findings());
  if (outcome.cause) preflight = failed_by(*outcome.cause, std::move(preflight));
  preflight.seconds = std::chrono::duration<double>(work.clock.steady() - began).count();
  tell(preflight, work.reporter);
  return PreflightRun{std::move(preflight), outcome.stop_seconds};
}

}  // namespace launch::train
