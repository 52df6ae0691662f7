// Against Debian's docker-registry on loopback, filled by skopeo.
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "registry/oci_registry.hpp"
#include "unit/base/scratch.hpp"

namespace launch::index {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Pair;

/// A registry process on a free port, ended with the object.
class RegistryProcess {
 public:
  explicit RegistryProcess(const std::filesystem::path& folder) : runner_(make_process_runner()) {
    const auto config = folder / "config.yml";
    EXPECT_TRUE(write_file(config, fmt::format("version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: "
                                               "{{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:0\"}}\n",
                                               (folder / "storage").string())));
    ProcessSpec spec{.argv = {"docker-registry", "serve", config.string()}};
    spec.capture = false;
    spec.environment = {{"OTEL_TRACES_EXPORTER", "none"}};
    spec.on_line = [this](Stream, std::string_view line) { take(line); };
    thread_ = std::jthread([this, spec](const std::stop_token& stop) {
      auto outcome = runner_->run(spec, stop);
      const std::lock_guard guard(mutex_);
      ended_ = true;
      if (!outcome) log_ += outcome.error().text();
      ready_.notify_all();
    });
  }

  /// "127.0.0.1:PORT"; empty when it did not start.
  std::string address() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return ended_ || !address_.empty(); });
    EXPECT_FALSE(address_.empty()) << log_;
    return address_;
  }

  void push(const std::filesystem::path& layout, const std::string& name) {
    const auto outcome =
        runner_->run({.argv = {"skopeo", "--insecure-policy", "copy", "--all", "--dest-tls-verify=false",
                               fmt::format("oci:{}:image", layout.string()),
                               fmt::format("docker://{}/{}", address(), name)}});
    ASSERT_TRUE(outcome) << outcome.error().text();
    ASSERT_TRUE(outcome->ok()) << outcome->err;
  }

 private:
  void take(std::string_view line) {
    constexpr std::string_view kListening = "listening on ";
    const std::lock_guard guard(mutex_);
    log_ += fmt::format("{}\n", line);
    const auto at = line.find(kListening);
    if (at == std::string_view::npos) return;
    const auto rest = line.substr(at + kListening.size());
    address_ = rest.substr(0, rest.find_first_not_of("0123456789.:"));
    ready_.notify_all();
  }

  std::unique_ptr<ProcessRunner> runner_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::string address_;
  std::string log_;
  bool ended_ = false;
  std::jthread thread_;  // last: it ends before what it uses
};

/// An OCI image layout (image-spec, image-layout.md) with one empty layer an image.
class Layout {
 public:
  explicit Layout(std::filesystem::path folder) : folder_(std::move(folder)) {
    EXPECT_TRUE(write_file(folder_ / "oci-layout", R"({"imageLayoutVersion": "1.0.0"})"));
  }

  std::string add(const std::string& text, const std::string& type, const std::string& more = "") {
    const auto hex = sha256_hex(text);
    EXPECT_TRUE(write_file(folder_ / "blobs/sha256" / hex, text));
    return fmt::format(
        R"({{"mediaType": "application/vnd.oci.image.{}", "digest": "sha256:{}", "size": {}{}}})", type, hex,
        text.size(), more);
  }
  std::string add_image(const std::string& architecture, const std::string& more = "") {
    const std::string layer(1024, '\0');
    const auto configuration = fmt::format(
        R"({{"architecture": "{}", "os": "linux", "rootfs": {{"type": "layers", "diff_ids": ["sha256:{}"]}}, "config": )"
        R"({{"Env": ["PATH=/usr/bin", "CUDA_VERSION=12.8.1"], "Labels": {{"architecture": "{}"}}}}}})",
        architecture, sha256_hex(layer), architecture);
    const auto manifest = fmt::format(
        R"({{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {}, "layers": [{}]}})",
        add(configuration, "config.v1+json"), add(layer, "layer.v1.tar"));
    return add(manifest, "manifest.v1+json", more);
  }
  std::string add_index() {
    const auto index = fmt::format(
        R"({{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{}, {}]}})",
        add_image("amd64", R"(, "platform": {"os": "linux", "architecture": "amd64"})"),
        add_image("arm64", R"(, "platform": {"os": "linux", "architecture": "arm64"})"));
    return add(index, "index.v1+json", kNamed);
  }
  /// `descriptor` becomes the layout's one image.
  void finish(const std::string& descriptor) const {
    EXPECT_TRUE(write_file(folder_ / "index.json",
                           fmt::format(R"({{"schemaVersion": 2, "manifests": [{}]}})", descriptor)));
  }
  static constexpr const char* kNamed = R"(, "annotations": {"org.opencontainers.image.ref.name": "image"})";

 private:
  std::filesystem::path folder_;
};

TEST(RegistryE2eTest, FindsWhatWasPushedToARealRegistry) {
  const test::Scratch scratch;
  Layout single(scratch / "single");
  single.finish(single.add_image("amd64", Layout::kNamed));
  Layout both(scratch / "both");
  both.finish(both.add_index());
  RegistryProcess process(scratch.path());
  const auto address = process.address();
  ASSERT_FALSE(address.empty());
  process.push(scratch / "single", "nvidia/cuda:single");
  process.push(scratch / "both", "nvidia/cuda:both");

  SystemClock clock;
  RealDisk disk;
  const auto http = net::make_http_client({}, Environment(), clock, disk);
  const Environment environment({{"HOME", scratch / "home"}});
  const auto runner = make_process_runner();
  registry::OciRegistry registry(*http, {{"docker.io", address, true}}, environment, *runner);
  const auto found = registry.find(specs::ImageReference::parse("nvidia/cuda:single").value(), fakes::x86());
  ASSERT_TRUE(found && *found) << found.error().text();
  EXPECT_THAT((*found)->platforms, ElementsAre(Pair("linux/amd64", *(*found)->digest)));
  EXPECT_THAT((*found)->labels, ElementsAre(Pair("architecture", "amd64")));
  EXPECT_THAT((*found)->environment, Contains("CUDA_VERSION=12.8.1"));

  const auto index = registry.find(specs::ImageReference::parse("nvidia/cuda:both").value(), fakes::arm());
  ASSERT_TRUE(index && *index) << index.error().text();
  EXPECT_EQ((*index)->platforms.size(), 2u);
  EXPECT_EQ((*index)->platforms.at("linux/amd64"), (*found)->digest);
  EXPECT_NE((*index)->digest, (*found)->digest);
  EXPECT_THAT((*index)->labels, ElementsAre(Pair("architecture", "arm64")));

  const auto by_digest = registry.find(
      specs::ImageReference::parse("nvidia/cuda@" + (*index)->digest->text()).value(), fakes::x86());
  ASSERT_TRUE(by_digest && *by_digest) << by_digest.error().text();
  EXPECT_EQ((*by_digest)->platforms, (*index)->platforms);

  EXPECT_FALSE(registry.find(specs::ImageReference::parse("nvidia/cuda:gone").value(), fakes::x86()).value());
  EXPECT_FALSE(registry.find(specs::ImageReference::parse("nobody/nothing:1").value(), fakes::x86()).value());
}

}  // namespace
}  // namespace launch::index
