#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/presets.hpp"
#include "fabric/variables.hpp"

namespace launch::fabric {
namespace {

using testing::Contains;

TEST(NcclVersions, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(NcclVersion::parse("2.27.3")->text(), "2.27.3");
  EXPECT_EQ(NcclVersion::parse("2.27")->text(), "2.27.0");
  EXPECT_EQ(NcclVersion::parse("2.28.9-1+cuda13.0")->text(), "2.28.9");
  for (const auto* text : {"", "2", "new", "2.x", "2.3.4.5", "99999.1"}) {
    EXPECT_FALSE(NcclVersion::parse(text)) << text;
  }
}

TEST(KnownVariables, SayWhenNcclReadsThem) {
  EXPECT_EQ(known_variable("NCCL_NET")->since.text(), "2.10.3");
  EXPECT_FALSE(known_variable("NCCL_NET")->until);
  EXPECT_EQ(known_variable("NCCL_IB_CUDA_SUPPORT")->until->text(), "2.4.2");
  EXPECT_TRUE(known_variable("NCCL_IB_CUDA_SUPPORT")->known_by({2, 3, 7}));
  EXPECT_FALSE(known_variable("NCCL_IB_CUDA_SUPPORT")->known_by({2, 4, 2}));
  EXPECT_EQ(known_variable("NCCL_TIMEOUT"), nullptr);
  EXPECT_EQ(known_variables().size(), 268U);
}

TEST(KnownVariables, TakeTheValuesThatNcclTakes) {
  const auto problem = [](std::string_view name, std::string_view value) {
    return bad_value(*known_variable(name), value).value_or("none");
  };
  EXPECT_EQ(problem("NCCL_IB_TC", "0x6a"), "none");
  EXPECT_EQ(problem("NCCL_IB_TC", "-1"), "none");
  EXPECT_EQ(problem("NCCL_IB_TC", ""), "none");
  EXPECT_EQ(problem("NCCL_IB_TC", "on"), "expected a number, found \"on\", which NCCL reads as 0");
  EXPECT_EQ(problem("NCCL_IB_TC", "010"), "none");
  EXPECT_EQ(problem("NCCL_IB_TC", "08"), "expected a number, found \"08\", which NCCL reads as 0")
      << "a number with a leading zero is octal";
  EXPECT_EQ(problem("NCCL_IB_TC", "99999999999999999999"),
            "\"99999999999999999999\" is out of range, so NCCL keeps its default");
  EXPECT_EQ(number_read("010"), 8);
  EXPECT_EQ(number_read(""), std::nullopt);
  EXPECT_EQ(problem("NCCL_BUFFSIZE", "8M"), "expected a number, found \"8M\", which NCCL reads as 8");
  EXPECT_EQ(problem("NCCL_DEBUG", "warn"), "none");
  EXPECT_EQ(problem("NCCL_DEBUG", "DEBUG"), "expected VERSION, WARN, INFO, ABORT or TRACE, found \"DEBUG\"");
  EXPECT_EQ(problem("NCCL_SOCKET_FAMILY", "af_inet"), "expected AF_INET or AF_INET6, found \"af_inet\"");
  EXPECT_EQ(problem("NCCL_NET_GDR_LEVEL", "PIX"), "none");
  EXPECT_EQ(problem("NCCL_NET_GDR_LEVEL", "5"), "none");
  EXPECT_EQ(problem("NCCL_IB_HCA", "=mlx5_0:1,mlx5_1"), "none");
  EXPECT_EQ(problem("NCCL_IB_HCA", "=mlx5_0,=mlx5_1"),
            "\"=\" in the middle of the list is part of a name: write it once, at the start");
  EXPECT_EQ(problem("NCCL_IB_HCA", "mlx5_0, mlx5_1"),
            "expected names separated by commas, found \" mlx5_1\"");
}

TEST(Presets, HaveOnlyVariablesThatNcclReads) {
  for (const auto& preset : presets()) {
    EXPECT_FALSE(preset.rows.empty()) << preset.name;
    for (const auto& row : preset.rows) {
      const auto* known = known_variable(row.variable);
      ASSERT_NE(known, nullptr) << row.variable;
      EXPECT_FALSE(bad_value(*known, row.value)) << row.variable;
    }
  }
}

TEST(OtherNames, AreNotReadByTheNewestNccl) {
  for (const auto* name : {"NCCL_TIMEOUT", "NCCL_IB_CUDA_SUPPORT", "NCCL_MNNVL"}) {
    ASSERT_NE(other_name(name), nullptr);
    EXPECT_EQ(other_name(name)->read_by, "");
    EXPECT_NE(other_name(name)->advice, "");
    EXPECT_FALSE(known_variable(name) != nullptr && known_variable(name)->known_by(kNewestNccl)) << name;
  }
  EXPECT_EQ(other_name("NCCL_FASTRAK_ENABLE")->read_by, "the TCPXO plugin of a3-mega");
  EXPECT_EQ(other_name("NCCL_NET"), nullptr);
}

TEST(Presets, ComeWithTheFilesThatTheyName) {
  EXPECT_THAT(preset_files(), Contains("/opt/microsoft/ndv5/topo.xml"));
}

TEST(Tables, SayWhatIsWrong) {
  EXPECT_EQ(read_variables("name\tvalues\tsince\tuntil\tpart\tsource\nA\tnumber\tnever\t-\tnone\tx\n")
                .error()
                .text(),
            "error: variables.tsv: \"never\" is no version of NCCL\n");
  EXPECT_EQ(
      read_variables("name\tvalues\tsince\tuntil\tpart\tsource\nA\tnumber\t2.3\t-\tmoon\tx\n").error().text(),
      "error: variables.tsv: \"moon\" is no part of the guide\n");
  const std::string platforms = "name\ttitle\twhen\tsource\n";
  const std::string rows = "preset\tvariable\tvalue\treason\tsource\n";
  for (const std::string wrong :
       {"moon=1", "gpus=8", "vendor>=1", "hcas>=x", "driver>=1", "gpu:x=1", "dgx"}) {
    EXPECT_EQ(read_presets(platforms + "a\tA\tgpus>=1; " + wrong + "\tx\n", rows).error().text(),
              "error: platforms.tsv: the row of a has an unknown condition: \"" + wrong + "\"\n");
  }
  EXPECT_EQ(read_presets(platforms, rows + "b\tNCCL_NET\tIB\tr\tx\n").error().text(),
            "error: presets.tsv: \"b\" is not in platforms.tsv\n");
}

TEST(Presets, FitByDmiAndDevices) {
  Topology topology;
  topology.machine.asset_tag = "OracleCloud.com";
  EXPECT_EQ(preset_for(topology), nullptr);
  topology.gpus.push_back({{.device = 0x2335}});
  EXPECT_EQ(preset_for(topology)->name, "oci-h100");
  topology.gpus.back().pci.device = 0x20b2;
  EXPECT_EQ(preset_for(topology)->name, "oci-a100");
  topology.machine = {.product = "Google Compute Engine"};
  topology.gpus.resize(8);
  for (int i = 0; i < 9; ++i) topology.nics.push_back({.name = "eth", .driver = "gve"});
  EXPECT_EQ(preset_for(topology)->name, "gcp-a3-mega");
  topology.nics.resize(5);
  EXPECT_EQ(preset_for(topology)->name, "gcp-a3-high");
  topology.nics.resize(1);
  topology.hcas.resize(8);
  EXPECT_EQ(preset_for(topology)->name, "gcp-a3-ultra");
  topology.hcas.front().is_efa = true;
  EXPECT_EQ(preset_for(topology)->name, "aws-efa");
}

}  // namespace
}  // namespace launch::fabric
