// wheel_image FOLDER STORE PREFIX PYTHON INTERPRETER WHEEL…: an image of the wheels' layers alone, as an OCI
// layout in FOLDER; prints the digests of its manifest and its configuration. For engines and skopeo to read.
#include <fstream>

#include <fmt/format.h>

#include "archive/estargz.hpp"
#include "archive/oci_image.hpp"
#include "base/clock.hpp"
#include "base/file.hpp"
#include "store/body.hpp"

namespace {

using namespace launch;
namespace fs = std::filesystem;

Result<void> write_layer(const fs::path& path, const net::BodySource& layer) {
  std::ofstream out(path, std::ios::binary);
  std::vector<char> piece(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < layer.size();) {
    TRY_ASSIGN(const auto count, layer.read(at, piece));
    out.write(piece.data(), static_cast<std::streamsize>(count));
    at += count;
  }
  if (!out.flush()) return fail(environment_error(fmt::format("cannot write {}", path.string())));
  return {};
}

archive::ImageLayer image_layer(const archive::LayerFacts& facts, const std::string& name) {
  archive::Descriptor blob{std::string(archive::kGzipLayerType), facts.layer, facts.size};
  blob.annotations[std::string(archive::kTocAnnotation)] = facts.toc.text();
  blob.annotations[std::string(archive::kTarSizeAnnotation)] = fmt::to_string(facts.tar_size);
  return {std::move(blob), facts.tar, name};
}

/// Writes the layout; `name` is what the image is called in it.
Result<void> write_layout(Disk& disk, const fs::path& folder, const archive::Image& image,
                          const std::string& name) {
  const auto config = archive::image_config_text(image);
  const auto manifest = archive::image_manifest_text(image);
  const auto digest = Digest::of(manifest);
  TRY(write_file(disk, folder / archive::blob_path(Digest::of(config)), config));
  TRY(write_file(disk, folder / archive::blob_path(digest), manifest));
  archive::IndexEntry entry{{std::string(archive::kManifestType), digest, manifest.size()}, {}, {}};
  entry.manifest.annotations["org.opencontainers.image.ref.name"] = name;
  TRY(write_file(disk, folder / "index.json", archive::image_index_text(std::span(&entry, 1))));
  TRY(write_file(disk, folder / "oci-layout", archive::oci_layout_text()));
  fmt::print("{}\n{}\n", digest.text(), Digest::of(config).text());
  return {};
}

Result<void> run(int argc, char** argv) {
  RealDisk disk;
  SystemClock clock;
  SilentReporter reporter;
  const Work work{disk, clock, reporter};
  const fs::path folder = argv[1];
  TRY_ASSIGN(const auto kept, store::Store::open(argv[2], work));
  archive::LayerSpec spec;
  spec.prefix = argv[3];
  TRY_ASSIGN(spec.python, specs::Interpreter::parse(argv[4]));
  spec.interpreter = argv[5];
  spec.time = 1'700'000'000;
  std::vector<store::LayerWheels> layers;
  for (int i = 6; i < argc; ++i) layers.push_back({{Digest::of(argv[i]), argv[i]}});
  TRY_ASSIGN(const auto facts, store::layer_facts(kept, layers, spec, work));

  archive::Image image;
  image.architecture = "amd64";
  image.created = "1970-01-01T00:00:00Z";
  image.run.environment = {fmt::format("PATH={}/bin:/usr/bin:/bin", spec.prefix)};
  image.run.labels = {{"launch.lock", "sha256:0"}};
  TRY(make_folder(disk, folder / "blobs/sha256"));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    TRY_ASSIGN(const auto layer, store::layer_body(layers[i], spec, facts[i]));
    TRY(write_layer(folder / archive::blob_path(facts[i].layer), *layer));
    image.add(image_layer(facts[i], layers[i].front().path.filename().string()));
  }
  return write_layout(disk, folder, image, "wheels");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  const auto done = run(argc, argv);
  if (!done) return std::fputs(done.error().text().c_str(), stderr), 3;
  return 0;
}
