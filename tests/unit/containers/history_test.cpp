#include "containers/history.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace launch::containers {
namespace {

using testing::ElementsAre;

std::vector<std::string> shown(std::string_view history, std::size_t layers) {
  const auto steps = layer_steps(history, layers);
  if (!steps) return {"unknown"};
  std::vector<std::string> out;
  for (const auto& step : *steps) out.push_back(fmt::format("{} {}", step.instruction, step.size));
  return out;
}

// As podman 4.3.1 prints it, from above.
constexpr const char* kPodman = R"([
 {"id":"ed2effdc3a84","created":"2026-11-28T00:00:00Z","CreatedBy":"/bin/sh -c #(nop) CMD [\"python3\"]","size":0},
 {"id":"\u003cmissing\u003e","CreatedBy":"/bin/sh -c #(nop) WORKDIR /new/workspace/","size":0},
 {"id":"\u003cmissing\u003e","CreatedBy":"/bin/sh -c #(nop) COPY dir:dcc03b5f27b2 in /srv/ ","size":3072},
 {"id":"b4f07b8a8d8e","CreatedBy":"/bin/sh -c #(nop) COPY dir:109cbdb3439f in /opt/venv/ ","size":17836032},
 {"id":"19c8c9d9c555","CreatedBy":"/bin/sh -c [\"/bin/bash\", \"-c\", \"  if ! grep\"]","size":0},
 {"id":"fcbdd4a6b13e","CreatedBy":"/bin/sh -c #(nop) ENV VIRTUAL_ENV=/opt/venv     ","size":0},
 {"id":"\u003cmissing\u003e","CreatedBy":"/bin/sh -c #(nop) ADD file:e5f5fda058d8 in /","size":170024960,
  "comment":"imported from tarball"}])";

// As docker 20.10.24 prints it, with BuildKit.
constexpr const char* kDocker =
    R"({"Comment":"buildkit.dockerfile.v0","CreatedBy":"LABEL launch.files=sha256:ef","ID":"sha256:1","Size":"0"}
{"Comment":"buildkit.dockerfile.v0","CreatedBy":"USER trainer","ID":"\u003cmissing\u003e","Size":"0"}
{"Comment":"buildkit.dockerfile.v0","CreatedBy":"WORKDIR /new/workspace/","ID":"\u003cmissing\u003e","Size":"0"}
{"Comment":"buildkit.dockerfile.v0","CreatedBy":"COPY project/0/ /srv/ # buildkit","ID":"\u003cmissing\u003e","Size":"0"}
{"Comment":"buildkit.dockerfile.v0","CreatedBy":"RUN /bin/bash -euo pipefail -c  x # buildkit","ID":"","Size":"0"}
{"Comment":"imported from tarball","CreatedBy":"/bin/sh -c #(nop) ADD file:e5f5 in /","ID":"","Size":"163622912"}

)";

TEST(History, OfPodman) {
  EXPECT_THAT(shown(kPodman, 4), ElementsAre("ADD 170024960", "RUN 0", "COPY 17836032", "COPY 3072"));
  EXPECT_THAT(shown(kPodman, 5),
              ElementsAre("ADD 170024960", "RUN 0", "COPY 17836032", "COPY 3072", "WORKDIR 0"));
}

TEST(History, OfDocker) {
  EXPECT_THAT(shown(kDocker, 3), ElementsAre("ADD 163622912", "RUN 0", "COPY 0"));
  EXPECT_THAT(shown(kDocker, 4), ElementsAre("ADD 163622912", "RUN 0", "COPY 0", "WORKDIR 0"));
}

TEST(History, ThatDoesNotTellTheLayersIsUnknown) {
  const std::string docker = kDocker;
  for (const auto& [history, layers] :
       {std::pair(docker, 2), std::pair(docker, 5), std::pair(docker + "error: x\n", 4),
        std::pair(std::string(R"([{"CreatedBy":"COPY a","size":-1}])"), 1),
        std::pair(std::string(R"({"CreatedBy":"COPY a","Size":"1.5MB"})"), 1), std::pair(std::string(), 1)})
    EXPECT_THAT(shown(history, static_cast<std::size_t>(layers)), ElementsAre("unknown")) << history;
}

}  // namespace
}  // namespace launch::containers
