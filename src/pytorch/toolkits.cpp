#include "pytorch/toolkits.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "pytorch/tables.hpp"

namespace launch::pytorch {
namespace {

constexpr std::string_view kCudaImage = "docker.io/nvidia/cuda";
constexpr std::string_view kCudaRepository = "nvidia/cuda";
constexpr std::string_view kToolkit = "cuda-toolkit";
constexpr std::string_view kRuntime = "nvidia-cuda-runtime";  // before CUDA 13 followed by -cuXX

Error bad_value(std::string_view table, std::string_view expected, std::string_view found) {
  return input_error(fmt::format("{}: expected {}, found {}", table, expected, in_quotes(found)));
}

template <class Value, class Fits>
std::optional<Value> find(const std::vector<Value>& values, Fits&& fits) {
  const auto found = std::find_if(values.begin(), values.end(), fits);
  return found == values.end() ? std::nullopt : std::optional(*found);
}

Result<BaseDigest> read_base_digest(const std::vector<std::string>& row) {
  const auto digest = Digest::parse(row[3]);
  if (!digest) return fail(bad_value("base_images.tsv", "sha256:…", row[3]));
  BaseDigest made{row[0], row[1], BaseDigest::Of::platform, {}, *digest};
  if (row[2] == "index") {
    made.of = BaseDigest::Of::index;
  } else if (row[2] == "unsaid") {
    made.of = BaseDigest::Of::unsaid;
  } else {
    TRY_ASSIGN(made.platform, during(specs::Platform::parse(row[2]), "reading base_images.tsv"));
  }
  return made;
}

}  // namespace

Result<std::vector<CudaToolkit>> read_toolkits(std::string_view text) {
  TRY_ASSIGN(const auto rows, read_table(text, "toolkits.tsv",
                                         {"accelerator", "version", "distribution", "driver-floor",
                                          "gpu-floor", "image-source", "driver-source", "gpu-source"}));
  std::vector<CudaToolkit> toolkits;
  for (const auto& row : rows) {
    TRY_ASSIGN(const auto accelerator, during(specs::Accelerator::parse(row[0]), "reading toolkits.tsv"));
    if (minor_of(row[1]) != accelerator.version())
      return fail(bad_value("toolkits.tsv", "a version of " + accelerator.text(), row[1]));
    if (!distribution(row[2])) return fail(bad_value("toolkits.tsv", "a known distribution", row[2]));
    for (const auto* version : {&row[3], &row[4]}) {
      if (!specs::Version::parse(*version)) return fail(bad_value("toolkits.tsv", "a version", *version));
    }
    toolkits.push_back({accelerator, row[1], row[2], row[3], row[4]});
  }
  return toolkits;
}

const std::vector<CudaToolkit>& cuda_toolkits() {
  static const auto kToolkits = read_toolkits(kToolkitsText).value();
  return kToolkits;
}

std::optional<CudaToolkit> cuda_toolkit(const specs::Accelerator& accelerator) {
  if (accelerator.kind() != specs::Accelerator::Kind::cuda) return std::nullopt;
  std::optional<CudaToolkit> newest;
  for (const auto& toolkit : cuda_toolkits()) {
    if (toolkit.accelerator == accelerator) return toolkit;
    if (toolkit.accelerator.major() == accelerator.major()) newest = toolkit;
  }
  return newest;
}

Result<std::vector<Distribution>> read_distributions(std::string_view text) {
  TRY_ASSIGN(const auto rows, read_table(text, "distributions.tsv",
                                         {"name", "title", "python", "patch", "glibc", "snapshots",
                                          "apt-sources", "image", "tag", "source"}));
  std::vector<Distribution> distributions;
  for (const auto& row : rows) {
    TRY_ASSIGN(const auto python, during(specs::Interpreter::parse(row[2]), "reading distributions.tsv"));
    const auto patch = parse_u64(row[3]);
    if (!patch || *patch > 99) return fail(bad_value("distributions.tsv", "a patch release", row[3]));
    const auto glibc = parse_u64(row[4]);
    if (!glibc || *glibc > 99) return fail(bad_value("distributions.tsv", "N of glibc 2.N", row[4]));
    const auto snapshots = specs::Day::parse(row[5]);
    if (!snapshots && row[5] != "-") return fail(bad_value("distributions.tsv", "a day or -", row[5]));
    if (row[6].find(snapshots ? "/ID/" : "ARCHIVE/") == std::string::npos)
      return fail(bad_value("distributions.tsv",
                            "a sed script with /ID/ where there are snapshots, else with ARCHIVE/", row[6]));
    TRY(during(specs::ImageReference::parse(row[7]), "reading distributions.tsv"));
    distributions.push_back({row[0], row[1], python, static_cast<int>(*patch), static_cast<int>(*glibc),
                             snapshots, row[6], row[7], row[8]});
  }
  return distributions;
}

const std::vector<Distribution>& distributions() {
  static const auto kDistributions = read_distributions(kDistributionsText).value();
  return kDistributions;
}

std::optional<Distribution> distribution(std::string_view name) {
  return find(distributions(), [&](const Distribution& d) { return d.name == name; });
}

Distribution apt_distribution(std::string_view name) {
  if (auto known = distribution(name)) return *std::move(known);
  const auto& all = distributions();
  return *std::find_if(all.rbegin(), all.rend(), [](const Distribution& d) { return !d.snapshots; });
}

std::optional<Distribution> distribution_with(const specs::Interpreter& python) {
  return find(distributions(), [&](const Distribution& d) { return d.python == python; });
}

std::optional<Distribution> distribution_of(const specs::ImageReference& reference) {
  return find(distributions(), [&](const Distribution& known) {
    if (reference.tag.find("-" + known.tag) != std::string::npos) return true;
    const auto parts = split(known.name, ' ');
    const auto version = split(reference.tag, '-').front();
    return reference.repository == fmt::format("library/{}", parts[0]) &&
           (version == parts[1] || version.starts_with(fmt::format("{}.", parts[1])));
  });
}

int least_glibc_minor() {
  return std::min_element(distributions().begin(), distributions().end(),
                          [](const auto& a, const auto& b) { return a.glibc_minor < b.glibc_minor; })
      ->glibc_minor;
}

std::string cuda_image(const CudaToolkit& toolkit, std::string_view variant, const Distribution& on) {
  return fmt::format("{}:{}-{}-{}", kCudaImage, toolkit.version, variant, on.tag);
}

bool is_cuda_image(const specs::ImageReference& reference) {
  return reference.repository.ends_with(kCudaRepository);
}

Result<std::vector<BaseDigest>> read_base_digests(std::string_view text) {
  TRY_ASSIGN(const auto rows,
             read_table(text, "base_images.tsv", {"image", "tag", "of", "digest", "source"}));
  std::vector<BaseDigest> digests;
  for (const auto& row : rows) {
    TRY_ASSIGN(auto digest, read_base_digest(row));
    digests.push_back(std::move(digest));
  }
  return digests;
}

const std::vector<BaseDigest>& base_digests() {
  static const auto kDigests = read_base_digests(kBaseImagesText).value();
  return kDigests;
}

std::optional<KnownBase> known_base(const specs::ImageReference& reference,
                                    std::span<const specs::Platform> platforms) {
  std::optional<Digest> whole;
  std::optional<Digest> unsaid;
  std::map<specs::Platform, Digest> known;
  for (const auto& row : base_digests()) {
    if (row.image != reference.name() || row.tag != reference.tag) continue;
    if (row.of == BaseDigest::Of::index) {
      whole = row.digest;
    } else if (row.of == BaseDigest::Of::unsaid) {
      unsaid = row.digest;
    } else if (std::find(platforms.begin(), platforms.end(), row.platform) != platforms.end()) {
      known.emplace(row.platform, row.digest);
    }
  }
  const bool first_alone = platforms.size() == 1 && platforms.front() == specs::Platform::all().front();
  if (!whole && platforms.size() == 1 && !known.empty()) whole = known.begin()->second;
  if (!whole && first_alone) whole = unsaid;
  if (!whole) return std::nullopt;
  return KnownBase{*whole, std::move(known)};
}

std::optional<std::string> cuda_version_of(std::span<const NamedVersion> packages) {
  std::optional<std::string> runtime;
  for (const auto& [name, version] : packages) {
    if (name == kToolkit) return version->public_text();
    const auto& release = version->release();
    const bool is_runtime = name == kRuntime || name.starts_with(fmt::format("{}-cu", kRuntime));
    if (is_runtime && release.size() >= 2) runtime = fmt::format("{}.{}", release[0], release[1]);
  }
  return runtime;
}

std::string_view major_of(std::string_view version) {
  return split(version, '.').front();
}

std::string minor_of(std::string_view version) {
  const auto parts = split(version, '.');
  return parts.size() < 2 ? std::string(version) : fmt::format("{}.{}", parts[0], parts[1]);
}

}  // namespace launch::pytorch
