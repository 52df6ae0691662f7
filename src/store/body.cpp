#include "store/body.hpp"

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "archive/file_layer.hpp"
#include "base/mapped_file.hpp"

namespace launch::store {
namespace {

constexpr std::uint64_t kMapped = std::uint64_t{4} << 20;  ///< bytes to read before their memory is returned

class LayerBody final : public net::BodySource {
 public:
  LayerBody(std::vector<MappedFile> files, archive::LayerPlan plan)
      : files_(std::move(files)), plan_(std::move(plan)) {
    for (const auto& file : files_) {
      sources_.push_back(file.text());
      file.forget();  // what the plan was made from: an image's bodies may all be open at once
    }
  }

  std::uint64_t size() const override { return plan_.size; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    std::size_t done = 0;
    for (const auto& segment : archive::segments_of(plan_, offset, buffer.size()))
      done += archive::bytes_of(plan_, segment, sources_).copy(buffer.data() + done, buffer.size() - done);
    if ((since_ += done) >= kMapped || offset + done == plan_.size) {
      since_ = 0;
      for (const auto& file : files_) file.forget();
    }
    return done;
  }

 private:
  std::vector<MappedFile> files_;
  archive::LayerPlan plan_;
  std::vector<std::string_view> sources_;
  mutable std::atomic<std::uint64_t> since_ = 0;
};

class FileLayerBody final : public net::BodySource {
 public:
  FileLayerBody(std::vector<SteadyFile> files, archive::LayerPlan plan)
      : files_(std::move(files)), plan_(std::move(plan)) {}

  std::uint64_t size() const override { return plan_.size; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) const override {
    return archive::read_file_layer(plan_, files_, offset, buffer);
  }

 private:
  std::vector<SteadyFile> files_;
  archive::LayerPlan plan_;
};

}  // namespace

Result<net::Body> layer_body(std::span<const LayerWheel> wheels, const archive::LayerSpec& spec,
                             const archive::LayerFacts& facts) {
  const auto name = wheels.front().path.filename().string();
  TRY_ASSIGN(auto opened, OpenWheels::open(wheels));
  TRY_ASSIGN(auto plan, archive::plan_layer(opened.zips(), spec, facts.files));
  if (plan.size != facts.size) {
    return fail(environment_error(
        fmt::format("the layer of {} has {} bytes, expected {}", name, plan.size, facts.size)));
  }
  return std::make_shared<LayerBody>(opened.take(), std::move(plan));
}

net::Body file_layer_body(archive::LayerPlan plan, std::vector<SteadyFile> files) {
  return std::make_shared<FileLayerBody>(std::move(files), std::move(plan));
}

}  // namespace launch::store
