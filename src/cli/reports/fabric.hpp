#pragma once

#include <string>
#include <vector>

#include "commands/fabric.hpp"

namespace launch::cli {

/// The machine, what was chosen, each variable with its reason, and what was left alone. Without a newline at
/// the end.
std::string fabric_text(const commands::FabricReport& report);
/// The documents of `launch fabric --json` (docs/json.md).
std::string fabric_json(const commands::FabricReport& report);
std::string fabric_lint_json(const std::vector<commands::LintedFile>& files);
std::string fabric_record_json(const commands::RecordedTree& recorded);
/// Findings as "FILE:LINE: error: …", and their number. Without a newline at the end.
std::string fabric_lint_text(const std::vector<commands::LintedFile>& files);

/// The same as fabric_text as a page that needs nothing else, with a picture.
std::string fabric_html(const commands::FabricReport& report);
/// The picture: an SVG of NUMA nodes, PCI switches, GPUs, HCAs and interfaces, with what was chosen.
std::string fabric_picture(const commands::FabricReport& report);

// What text and page have in common.
/// "InfiniBand 400 Gb/s, ACTIVE"
std::string port_text(const fabric::Port& port);
/// "bond of eth0 and eth1, up, 25 Gb/s"
std::string nic_text(const fabric::Nic& nic);
/// "8 × NVIDIA H100 SXM5 80GB"; "none"
std::string gpus_text(const fabric::Topology& topology);
/// "NVIDIA DGXH100, treated as NVIDIA DGX (--preset dgx)"
std::string machine_text(const commands::FabricReport& report);

}  // namespace launch::cli
