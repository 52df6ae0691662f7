#include "train/blame.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace launch::train {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <std::size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](auto part) { return has(text, part); });
}

/// A phrase that means something only in an error of that library.
struct Phrase {
  std::string_view library;  ///< empty: the phrase is that library's alone
  std::string_view words;
  Blame blame;
};

constexpr std::array<Phrase, 16> kPhrases{{
    {"", "Watchdog caught collective operation timeout", Blame::timeout},
    {"", "due to a collective timeout from rank", Blame::timeout},
    {"", "failed to pass monitoredBarrier", Blame::timeout},
    {"gloo/", "Timed out waiting", Blame::timeout},
    {"gloo/", "Application timeout caused pair closure", Blame::timeout},
    {"gloo/", "Connection closed by peer", Blame::lost},
    {"gloo/", "Connection reset by peer", Blame::lost},
    {"gloo/", "Broken pipe", Blame::lost},
    {"gloo/", "Connection refused", Blame::lost},
    {"Gloo connectFullMesh failed", "", Blame::lost},
    {"", "ncclRemoteError", Blame::lost},
    {"", "Connection closed by remote peer", Blame::lost},
    {"", "NCCL communicator was aborted", Blame::timeout},  // after a time-out, unless a peer failed
    {"SocketImpl(", "Broken pipe", Blame::lost},
    {"SocketImpl(", "Connection reset by peer", Blame::lost},
    {"TCPStore", "Connection reset by peer", Blame::lost},
}};

/// Errors that reach Python as those of a process group, and are of this rank all the same.
constexpr std::array<std::string_view, 9> kOwn{
    "ncclInvalidUsage",       "ncclInvalidArgument", "ncclUnhandledCudaError",
    "Duplicate GPU detected", "EADDRINUSE",          "failed to bind",
    "device-side assert",     "CUDA error:",         "out of memory"};

constexpr std::array<std::string_view, 4> kTimeouts{"timeout", "Timeout", "timed out", "Timed out"};

template <std::size_t N>
bool is_one_of(const Raised& raised, const std::array<std::string_view, N>& types) {
  return std::any_of(raised.bases.begin(), raised.bases.end(), [&](const auto& base) {
    return std::find(types.begin(), types.end(), base) != types.end();
  });
}

/// torch's types for errors of communication. An empty queue is a result, not an error.
bool is_of_communication(const Raised& raised) {
  static constexpr std::array<std::string_view, 4> types{
      "torch.distributed.DistError", "torch.distributed.DistBackendError",
      "torch.distributed.DistNetworkError", "torch.distributed.DistStoreError"};
  if (has(raised.type, "QueueEmpty")) return false;
  return is_one_of(raised, types);
}

}  // namespace

Blame blame_of_words(std::string_view words) {
  for (const auto& phrase : kPhrases) {
    if (has(words, phrase.library) && has(words, phrase.words)) return phrase.blame;
  }
  return Blame::own;
}

Blame blame_of(const Raised& raised) {
  if (const auto blame = blame_of_words(raised.message); blame != Blame::own) return blame;
  if (!is_of_communication(raised) || has_any(raised.message, kOwn)) return Blame::own;
  return has_any(raised.message, kTimeouts) ? Blame::timeout : Blame::lost;
}

Verdict judge(const RankException& exception) {
  const auto& outer = exception.raised;
  const auto own = std::find_if(exception.leaves.begin(), exception.leaves.end(),
                                [](const auto& leaf) { return blame_of(leaf) == Blame::own; });
  if (own != exception.leaves.end())
    return {Blame::own, fmt::format("{}: {}", text_of(outer), text_of(*own)), &*own};
  if (!exception.leaves.empty()) {
    const auto& first = exception.leaves.front();
    return {blame_of(first), text_of(first), &first};
  }
  const auto& root = exception.chain.empty() ? outer : exception.chain.back();
  const auto blame = blame_of(root);
  if (blame != Blame::own) return {blame, text_of(root), &root};
  if (blame_of(outer) == Blame::own) return {blame, text_of(outer), &outer};
  return {blame, text_of(root), &root};
}

bool is_of_process(const Raised& raised) {
  static constexpr std::array<std::string_view, 5> types{
      "subprocess.CalledProcessError", "torch.multiprocessing.spawn.ProcessExitedException",
      "torch.multiprocessing.spawn.ProcessRaisedException",
      "torch.distributed.elastic.multiprocessing.errors.ChildFailedError",
      "concurrent.futures.process.BrokenProcessPool"};
  return is_one_of(raised, types);
}

std::string text_of(const Raised& raised) {
  auto message = trim(raised.message);
  message = trim(message.substr(0, message.find('\n')));
  return message.empty() ? raised.type : fmt::format("{}: {}", raised.type, message);
}

}  // namespace launch::train
