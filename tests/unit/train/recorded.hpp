#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "train/log_mux.hpp"

namespace launch::train {

/// The lines of a node of a real two-node run of torch 2.10 with four ranks on CPU
/// (tests/data/train/CASE.nodeN.txt). Rank 3 was made to fail in its third step: by an exception, an exit
/// with code 7, SIGSEGV or SIGKILL; "noshim" is the exception without rank.py.
inline std::vector<std::string> recorded(const std::string& name, int node) {
  const auto text = read_file(std::filesystem::path(LAUNCH_TEST_DATA) / "train" /
                              (name + ".node" + std::to_string(node) + ".txt"));
  EXPECT_TRUE(text) << text.error().text();
  std::vector<std::string> out;
  for (const auto line : lines(*text)) out.emplace_back(line);
  return out;
}

}  // namespace launch::train
