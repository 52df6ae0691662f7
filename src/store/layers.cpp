#include "store/layers.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/parallel.hpp"
#include "store/layer_record.hpp"
#include "store/layout.hpp"

namespace launch::store {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kKept = std::uint64_t{4} << 20;  // bytes of wheels in memory, for each that is read

fs::path record_path(const Store& store, std::span<const LayerWheel> wheels, const archive::LayerSpec& spec) {
  std::vector<Digest> digests;
  for (const auto& wheel : wheels) digests.push_back(wheel.digest);
  return layer_folder(store.root(), digests.front()) / layer_key(digests, spec).hex();
}

std::optional<archive::LayerFacts> known_facts(const fs::path& record) {
  const auto text = read_file(record);
  return text ? parse_layer_record(*text) : std::nullopt;
}

/// About how many bytes making the layer reads: its wheels, compressed and uncompressed.
std::uint64_t work_of(const OpenWheels& wheels) {
  std::uint64_t sum = 0;
  for (const auto& zip : wheels.zips()) {
    sum += zip.bytes().size();
    for (const auto& entry : zip.entries()) sum += entry.size;
  }
  return sum;
}

/// A layer that is not known yet.
struct Job {
  std::size_t layer;
  OpenWheels wheels;
  std::uint64_t bytes;
};

Result<std::vector<Job>> open_jobs(std::span<const LayerWheels> layers,
                                   std::span<const std::size_t> unknown) {
  std::vector<Job> jobs;
  for (const auto layer : unknown) {
    TRY_ASSIGN(auto wheels, OpenWheels::open(layers[layer]));
    const auto bytes = work_of(wheels);
    jobs.push_back({layer, std::move(wheels), bytes});
  }
  // The largest first, so that no core is left with a large one at the end.
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.bytes > b.bytes; });
  return jobs;
}

}  // namespace

Result<std::vector<archive::LayerFacts>> layer_facts(const Store& store, std::span<const LayerWheels> layers,
                                                     const archive::LayerSpec& spec, const Work& work) {
  std::vector<std::optional<archive::LayerFacts>> found;
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    found.push_back(known_facts(record_path(store, layers[i], spec)));
    if (!found.back()) unknown.push_back(i);
  }
  TRY_ASSIGN(const auto jobs, open_jobs(layers, unknown));
  std::atomic<std::uint64_t> done = 0;
  std::uint64_t total = 0;
  for (const auto& job : jobs) total += job.bytes;
  TRY(try_side_by_side(jobs.size(), [&](std::size_t at) -> Result<void> {
    const auto& job = jobs[at];
    std::uint64_t since = 0;
    const auto on_read = [&](std::uint64_t bytes) {
      work.reporter.progress("making layers", std::min(done += bytes, total), total);
      if ((since += bytes) >= kKept) {
        job.wheels.forget();
        since = 0;
      }
      return !work.stop.stop_requested();
    };
    const auto& wheels = layers[job.layer];
    TRY_ASSIGN(auto facts, archive::digest_layer(job.wheels.zips(), spec, on_read));
    job.wheels.forget();
    // Without the record, the layer is only made again the next time.
    static_cast<void>(
        write_file(work.disk, record_path(store, wheels, spec), layer_record_text(facts), 0644, Flush::no));
    found[job.layer] = std::move(facts);
    return {};
  }));
  std::vector<archive::LayerFacts> facts;
  facts.reserve(found.size());
  for (auto& each : found) facts.push_back(*std::move(each));
  return facts;
}

std::optional<std::vector<archive::LayerFacts>> known_layer_facts(const Store& store,
                                                                  std::span<const LayerWheels> layers,
                                                                  const archive::LayerSpec& spec) {
  std::vector<archive::LayerFacts> all;
  for (const auto& layer : layers) {
    auto facts = known_facts(record_path(store, layer, spec));
    if (!facts) return std::nullopt;
    all.push_back(*std::move(facts));
  }
  return all;
}

Result<OpenWheels> OpenWheels::open(std::span<const LayerWheel> wheels) {
  OpenWheels opened;
  for (const auto& wheel : wheels) {
    TRY_ASSIGN(auto file, MappedFile::open(wheel.path));
    TRY_ASSIGN(auto zip, during(archive::ZipFile::open(file.text(), wheel.path.filename().string()),
                                fmt::format("reading {}", wheel.path.string())));
    opened.files_.push_back(std::move(file));
    opened.zips_.push_back(std::move(zip));
  }
  return opened;
}

void OpenWheels::forget() const {
  for (const auto& file : files_) file.forget();
}

}  // namespace launch::store
