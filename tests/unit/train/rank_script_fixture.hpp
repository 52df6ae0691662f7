#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/process.hpp"
#include "base/text.hpp"
#include "fakes/files.hpp"
#include "train/control.hpp"
#include "train/run_folder.hpp"
#include "unit/train/mux_fixture.hpp"

namespace launch::train {

/// Whether the hook runs inside the rank.
enum class Hooked { yes, no };

/// Runs Python code below rank.py as torchrun would, with RANK=5.
class RankScript : public MuxTest {
 protected:
  ProcessOutcome run(std::string_view code, Hooked hooked = Hooked::yes) {
    std::filesystem::create_directories(scratch_.path() / "hook");
    for (const auto& file : rank_files()) {
      auto text = replace_all(std::string(file.text), "LOST = 60 ", lost_);
      text = replace_all(text, "\"/run/secrets\"", "\"" + (scratch_.path() / "secrets").string() + "\"");
      EXPECT_TRUE(write_file(scratch_.path() / file.name, text));
    }
    if (hooked == Hooked::no) std::filesystem::remove_all(scratch_.path() / "hook");
    EXPECT_TRUE(write_file(scratch_.path() / "t.py", code));
    ProcessSpec spec;
    spec.argv = {"python3", (scratch_.path() / starter_).string(), (scratch_.path() / "t.py").string(),
                 "an arg"};
    spec.environment = {{"RANK", "5"},
                        {"TORCHELASTIC_ERROR_FILE", (scratch_.path() / "error.json").string()}};
    spec.environment.insert(environment_.begin(), environment_.end());
    spec.timeout = std::chrono::seconds(60);
    spec.on_line = [this](Stream stream, std::string_view line) {
      longest_ = std::max(longest_, line.size());
      mux_.take(0, stream, line);
    };
    auto outcome = make_process_runner()->run(spec);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *outcome;
  }

  /// This Python code starts rank.py.
  void start_with(std::string_view code) {
    starter_ = "starter.py";
    ASSERT_TRUE(write_file(scratch_.path() / starter_, code));
  }

  std::unique_ptr<Control> control() {
    auto control = Control::create(work_.disk, scratch_.path() / "control");
    EXPECT_TRUE(control) << control.error().text();
    return *std::move(control);
  }

  std::string lost_ = "LOST = 60 ";  ///< how often a rank looks for a heartbeat before it ends
  std::string starter_ = "rank.py";
  std::size_t longest_ = 0;  ///< line that rank.py wrote
  std::map<std::string, std::string> environment_;

  const RankEvent& event() {
    EXPECT_EQ(ended_.size(), 1U);
    return ended_.at(0).event;
  }
};

}  // namespace launch::train
