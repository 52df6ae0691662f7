// wheel_layers STORE PREFIX PYTHON INTERPRETER TIME OUT WHEEL…: a layer for each wheel, made as images get
// them. Prints a line for each: its digest, diffID, digest of the table of contents, size, size of the tar,
// and wheel. Writes each to OUT/NAME.tar.gz, unless OUT is "-". For comparison with pip and uv, and for
// measuring.
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "store/body.hpp"

namespace {

using launch::Result;
namespace fs = std::filesystem;

Result<void> write(const fs::path& path, const launch::net::BodySource& layer) {
  std::ofstream out(path, std::ios::binary);
  std::vector<char> piece(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < layer.size();) {
    TRY_ASSIGN(const auto count, layer.read(at, piece));
    out.write(piece.data(), static_cast<std::streamsize>(count));
    at += count;
  }
  if (!out.flush())
    return launch::fail(launch::environment_error(fmt::format("cannot write {}", path.string())));
  return {};
}

Result<void> run(int argc, char** argv) {
  launch::RealDisk disk;
  launch::SystemClock clock;
  launch::SilentReporter reporter;
  const launch::Work work{disk, clock, reporter};
  TRY_ASSIGN(const auto store, launch::store::Store::open(argv[1], work));
  launch::archive::LayerSpec spec;
  spec.prefix = argv[2];
  TRY_ASSIGN(spec.python, launch::specs::Interpreter::parse(argv[3]));
  spec.interpreter = argv[4];
  spec.time = std::atoll(argv[5]);
  std::vector<launch::store::LayerWheels> layers;
  for (int i = 7; i < argc; ++i) {
    // The store gives a wheel with its digest, which is part of its path; of others that of the path will do.
    const fs::path path = argv[i];
    const auto digest = launch::Digest::of_hex(path.parent_path().filename().string());
    layers.push_back({{digest.value_or(launch::Digest::of(path.string())), path}});
  }
  TRY_ASSIGN(const auto facts, launch::store::layer_facts(store, layers, spec, work));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto name = layers[i].front().path.filename().string();
    fmt::print("{} {} {} {} {} {}\n", facts[i].layer.text(), facts[i].tar.text(), facts[i].toc.text(),
               facts[i].size, facts[i].tar_size, name);
    if (std::string_view(argv[6]) == "-") continue;
    TRY_ASSIGN(const auto layer, launch::store::layer_body(layers[i], spec, facts[i]));
    TRY(write(fs::path(argv[6]) / (name + ".tar.gz"), *layer));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) return 2;
  const auto done = run(argc, argv);
  if (!done) return std::fputs(done.error().text().c_str(), stderr), 3;
  return 0;
}
