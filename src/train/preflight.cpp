#include "train/preflight.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "train/blame.hpp"
#include "train/failure.hpp"
#include "train/preflight_names.hpp"

namespace launch::train {
namespace {

using Kind = PreflightRound::Kind;
using End = PreflightPart::End;
using Ranks = std::set<int>;

/// Who reached whom, two by two.
struct Connections {
  Ranks some = {};                               ///< ranks that reached another
  Ranks none = {};                               ///< ranks that reached nobody
  std::vector<std::pair<int, int>> broken = {};  ///< pairs that did not work
  std::optional<std::size_t> failing = {};       ///< the first round with one

  /// Those that failed with a rank that others reached.
  Ranks culprits() const {
    Ranks out;
    for (const auto& [a, b] : broken) {
      if (none.contains(a) && some.contains(b)) out.insert(a);
      if (none.contains(b) && some.contains(a)) out.insert(b);
    }
    return out;
  }
  /// The pairs that did not work without one of these.
  std::vector<std::pair<int, int>> broken_without(const Ranks& ranks) const {
    std::vector<std::pair<int, int>> out;
    for (const auto& pair : broken) {
      if (!ranks.contains(pair.first) && !ranks.contains(pair.second)) out.push_back(pair);
    }
    return out;
  }
};

class Judge {
 public:
  Judge(const Plan& plan, const PreflightFindings& found) : found_(found), names_(plan, found), plan_(plan) {}

  Preflight judge() {
    result_.backend = plan_.backend;
    collect();
    (void)(judge_start() || judge_alone() || judge_all() || judge_inside() || judge_between() ||
           judge_together());
    std::set<int> nodes;
    for (const int rank : result_.ranks) nodes.insert(names_.node_of(rank));
    if (result_.nodes.empty()) result_.nodes.assign(nodes.begin(), nodes.end());
    return std::move(result_);
  }

 private:
  int world() const { return plan_.world_size(); }
  int per_node() const { return plan_.rendezvous.ranks_per_node; }
  int nodes() const { return plan_.rendezvous.nodes; }

  const PreflightPart* part(std::size_t round, int rank) const {
    const auto at = found_.parts[round].find(rank);
    return at == found_.parts[round].end() ? nullptr : &at->second;
  }
  bool works(std::size_t round, const std::vector<int>& group) const {
    return std::all_of(group.begin(), group.end(), [&](int rank) {
      const auto* found = part(round, rank);
      return found != nullptr && found->worked();
    });
  }
  std::optional<std::size_t> round(Kind kind) const {
    for (std::size_t at = 0; at < found_.rounds.size(); ++at) {
      if (found_.rounds[at].kind == kind && !found_.rounds[at].groups.empty()) return at;
    }
    return std::nullopt;
  }

  void blame(PreflightBlame blame, const Ranks& ranks, std::string message, std::string hint = {}) {
    result_.blame = blame;
    result_.ranks.assign(ranks.begin(), ranks.end());
    result_.message = std::move(message);
    result_.hint = std::move(hint);
  }

  /// What all ranks say of the network, and what the slowest measured.
  void collect() {
    const auto add = [](std::vector<std::string>& all, const std::vector<std::string>& more) {
      for (const auto& each : more) {
        if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(each);
      }
    };
    if (const auto all = round(Kind::all)) {
      for (const auto& [rank, part] : found_.parts[*all]) {
        if (!part.version.empty()) result_.version = part.version;
        add(result_.transports, part.transports);
        add(result_.interfaces, part.interfaces);
        add(result_.hcas, part.hcas);
        for (std::size_t at = 0; at < part.bandwidth.size(); ++at) {
          if (at == result_.bandwidth.size()) result_.bandwidth.push_back(part.bandwidth[at]);
          auto& least = result_.bandwidth[at].gb_per_s;
          least = std::min(least, part.bandwidth[at].gb_per_s);
        }
      }
    }
  }

  bool judge_start() {
    Ranks missing;
    for (int rank = 0; rank < world(); ++rank) {
      if (!found_.hosts.contains(rank)) missing.insert(rank);
    }
    const auto head = fmt::format("{}:{}", plan_.rendezvous.head, plan_.rendezvous.port);
    const auto hint = fmt::format("check that every node reaches {}", head);
    if (!missing.empty()) {
      const bool all = static_cast<int>(missing.size()) == world();
      blame(PreflightBlame::start, missing,
            all ? fmt::format("no rank started: torchrun's nodes did not meet at {}", head)
                : fmt::format("{} did not start", names_.ranks(missing)),
            hint);
      return true;
    }
    const Ranks silent(found_.silent.begin(), found_.silent.end());
    if (!silent.empty() && found_.rounds.empty()) {
      blame(PreflightBlame::start, silent,
            fmt::format("{} did not get ready: torch takes too long to load, or {} cannot be reached",
                        names_.ranks(silent), head),
            hint);
      return true;
    }
    const Ranks stuck = found_.over ? silent : Ranks{0};
    if (stuck.empty()) return false;
    blame(
        PreflightBlame::rank, stuck, fmt::format("{} stopped answering", names_.ranks(stuck)),
        fmt::format("look for a hung process on {}, or a lost connection to {}", names_.nodes(stuck), head));
    return true;
  }

  bool judge_alone() {
    const auto at = round(Kind::alone);
    if (!at) return false;
    Ranks failing;
    for (const auto& [rank, part] : found_.parts[*at]) {
      if (!part.worked()) failing.insert(rank);
    }
    if (failing.empty()) return false;
    std::vector<std::string> reasons;
    for (const int rank : failing)
      reasons.push_back(fmt::format("{} fails alone: {}", names_.device(rank), reason(*at, rank)));
    const bool gpu = plan_.backend == "nccl";
    blame(PreflightBlame::device, failing, names_.some_of(reasons, "; "),
          gpu ? fmt::format("run `nvidia-smi` on {}, and train without the GPUs that fail",
                            names_.nodes(failing))
              : "");
    return true;
  }

  /// True if all ranks together work.
  bool judge_all() {
    const auto at = round(Kind::all);
    if (!at) {
      result_.message = fmt::format("{} works alone", count_of(static_cast<std::size_t>(world()), "rank"));
      return true;
    }
    if (!works(*at, found_.rounds[*at].groups.front())) return false;
    judge_transport(*at);
    if (result_.works()) result_.message = names_.what_works(result_);
    return true;
  }

  /// HCAs were chosen, but NCCL uses sockets.
  void judge_transport(std::size_t all) {
    Ranks ranks;
    std::string hcas;
    for (const auto& [rank, part] : found_.parts[all]) {
      const auto chosen = names_.chosen_hcas(rank);
      const auto& list = part.transports;
      if (chosen.empty() || std::find(list.begin(), list.end(), "NET/Socket") == list.end()) continue;
      ranks.insert(rank);
      hcas = chosen;
    }
    if (ranks.empty()) return;
    const auto& first = *part(all, *ranks.begin());
    const auto whole = static_cast<int>(ranks.size()) == world();
    blame(PreflightBlame::transport, ranks,
          fmt::format("{}{} uses sockets ({}), though HCAs were chosen (NCCL_IB_HCA={}){}{}",
                      plan_.vendor->library, whole ? "" : fmt::format(" of {}", names_.ranks(ranks)),
                      names_.some_of(result_.interfaces, ", "), hcas,
                      first.hcas.empty() ? ", and finds none" : "",
                      first.warnings.empty() ? "" : ": " + first.warnings.back()),
          "check that the nodes see these HCAs (`ibv_devinfo`, /dev/infiniband) and may lock memory "
          "(`ulimit -l`), or unset NCCL_IB_HCA to use sockets");
  }

  /// Nodes whose own ranks do not reach each other.
  bool judge_inside() {
    const auto at = nodes() == 1 ? round(Kind::all) : round(Kind::node);
    if (!at) return false;
    std::set<int> failing;
    for (const auto& group : found_.rounds[*at].groups) {
      if (!works(*at, group)) failing.insert(names_.node_of(group.front()));
    }
    if (failing.empty()) return false;
    if (nodes() > 1 && static_cast<int>(failing.size()) == nodes()) return judge_everywhere(*at);
    std::vector<std::string> texts;
    texts.reserve(failing.size());
    Ranks ranks;
    for (const int node : failing) texts.push_back(inside_of(node, *at, ranks));
    blame(PreflightBlame::inside, ranks, names_.some_of(texts, "; "),
          plan_.backend == "nccl" ? "set NCCL_P2P_DISABLE=1 in [train] env: if that works, the links between "
                                    "the GPUs are the reason"
                                  : "");
    return true;
  }

  /// What fails inside a node, and the ranks of that.
  std::string inside_of(int node, std::size_t at, Ranks& ranks) const {
    Ranks all;
    for (int rank = node * per_node(); rank < (node + 1) * per_node(); ++rank) all.insert(rank);
    auto who = own_failures(at, all);
    const auto reach = connections_of(Kind::inside, all);
    if (who.empty()) who = reach.culprits();
    if (!who.empty()) {
      ranks.insert(who.begin(), who.end());
      return fmt::format("{} does not reach the other ranks of its node: {}", names_.devices(who),
                         first_reason(at, who));
    }
    ranks.insert(all.begin(), all.end());
    const auto pairs = reach.some.empty() ? std::vector<std::pair<int, int>>() : reach.broken;
    if (!pairs.empty()) {
      return fmt::format("{} do not reach each other: {}", names_.pairs(pairs, &PreflightNames::device),
                         first_reason(*reach.failing, {pairs.front().first, pairs.front().second}));
    }
    return fmt::format("the ranks of {} do not reach each other: {}", names_.node(node),
                       first_reason(at, all));
  }

  bool judge_everywhere(std::size_t at) {
    blame(PreflightBlame::network, everyone(),
          fmt::format("not even the ranks of one node reach each other: {}", first_reason(at, everyone())),
          names_.network_hint());
    return true;
  }

  bool judge_between() {
    const auto all = round(Kind::all);
    if (nodes() == 1 || !all) return false;
    const auto reach = connections_of(Kind::pairs, everyone());
    if (reach.broken.empty()) return false;
    auto culprits = reach.culprits();
    const bool proven = !culprits.empty();
    if (!proven) culprits = own_failures(*all, everyone());
    if (!culprits.empty() && (!proven || reach.broken_without(culprits).empty()))
      return blame_nodes(culprits, *all, proven);
    Ranks ranks;
    for (const auto& [a, b] : reach.broken) ranks.insert({a, b});
    const auto message = reach.some.empty() ? std::string("no node reaches another")
                                            : fmt::format("{} do not reach each other, while others do",
                                                          names_.pairs(reach.broken, &PreflightNames::rank));
    blame(PreflightBlame::network, ranks, fmt::format("{}: {}", message, first_reason(*all, everyone())),
          names_.network_hint());
    return true;
  }

  /// Ranks that reach no other node: all of their nodes, or each with its own NIC.
  bool blame_nodes(const Ranks& culprits, std::size_t at, bool proven) {
    const bool whole = std::all_of(culprits.begin(), culprits.end(), [&](int rank) {
      for (int k = 0; k < per_node(); ++k) {
        if (!culprits.contains(names_.node_of(rank) * per_node() + k)) return false;
      }
      return true;
    });
    const bool one = culprits.size() == 1 || (whole && names_.node_count(culprits) == 1);
    const auto who = whole ? names_.nodes(culprits) : names_.ranks(culprits);
    blame(PreflightBlame::node, culprits,
          proven ? fmt::format("{} {} no other node, while the others reach each other: {}", who,
                               one ? "reaches" : "reach", first_reason(at, culprits))
                 : fmt::format("{} cannot join the others: {}", who, first_reason(at, culprits)),
          names_.interface_hint(culprits, part(at, *culprits.begin())));
    return true;
  }

  bool judge_together() {
    const auto at = round(Kind::all);
    const auto own = own_failures(*at, everyone());
    const auto late = own.empty() ? behind(*at) : own;
    const auto& who = late.empty() ? everyone() : late;
    blame(PreflightBlame::together, late,
          fmt::format("an all-reduce over all {} fails, though every two nodes reach each other: {}: {}",
                      count_of(static_cast<std::size_t>(world()), "rank"), names_.rank(*who.begin()),
                      first_reason(*at, who)));
    return true;
  }

  /// Of ranks that hung, those that had not come as far as others.
  Ranks behind(std::size_t at) const {
    int most = 0;
    for (const auto& [rank, part] : found_.parts[at]) most = std::max(most, part.step);
    Ranks out;
    for (const auto& [rank, part] : found_.parts[at]) {
      if (part.step < most) out.insert(rank);
    }
    return out;
  }

  /// Of these, the ranks that failed by themselves, unless all did.
  Ranks own_failures(std::size_t at, const Ranks& ranks) const {
    Ranks out;
    for (const int rank : ranks) {
      const auto* found = part(at, rank);
      if (found == nullptr) continue;
      const bool own = found->end == End::error && blame_of(found->error) == Blame::own;
      if (own || found->end == End::died) out.insert(rank);
    }
    return out.size() == ranks.size() ? Ranks() : out;
  }

  Connections connections_of(Kind kind, const Ranks& ranks) const {
    Connections reach;
    for (std::size_t at = 0; at < found_.rounds.size(); ++at) {
      const bool pair_of_all = world() == 2 && found_.rounds[at].kind == Kind::all;
      if (found_.rounds[at].kind != kind && !pair_of_all) continue;
      for (const auto& group : found_.rounds[at].groups) {
        if (group.size() != 2 || !ranks.contains(group[0])) continue;
        if (works(at, group)) {
          reach.some.insert(group.begin(), group.end());
        } else {
          reach.broken.emplace_back(group[0], group[1]);
          reach.none.insert(group.begin(), group.end());
          if (!reach.failing) reach.failing = at;
        }
      }
    }
    for (const int rank : reach.some) reach.none.erase(rank);
    return reach;
  }

  Ranks everyone() const {
    Ranks out;
    for (int rank = 0; rank < world(); ++rank) out.insert(rank);
    return out;
  }

  std::string reason(std::size_t at, int rank) const {
    return reason_of(*part(at, rank), found_.rounds[at].limit, plan_.vendor->library);
  }
  /// The reason of the first that failed by itself; else of the first that hung or lost another.
  std::string first_reason(std::size_t at, const Ranks& ranks) const {
    const PreflightPart* best = nullptr;
    const auto weight = [](const PreflightPart& part) {
      if (part.end == End::died) return 4;
      if (part.end == End::error) return blame_of(part.error) == Blame::own ? 3 : 2;
      return part.end == End::hung ? 1 : 0;
    };
    for (const int rank : ranks) {
      const auto* found = part(at, rank);
      if (found == nullptr || found->worked()) continue;
      if (best == nullptr || weight(*found) > weight(*best)) best = found;
    }
    return best == nullptr ? "no answer" : reason_of(*best, found_.rounds[at].limit, plan_.vendor->library);
  }

  const PreflightFindings& found_;
  PreflightNames names_;
  const Plan& plan_;
  Preflight result_;
};

}  // namespace

Preflight judge_preflight(const Plan& plan, const PreflightFindings& findings) {
  return Judge(plan, findings).judge();
}

}  // namespace launch::train
