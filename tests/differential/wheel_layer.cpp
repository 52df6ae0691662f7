// wheel_layer PREFIX PYTHON INTERPRETER TIME OUT WHEEL…: the layer of the wheels into the file OUT ("-":
// none); prints its digests and sizes, a line each. For comparison with pip and uv, and for measuring.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "archive/layer.hpp"
#include "base/mapped_file.hpp"

namespace {

using launch::Result;
using launch::archive::ZipFile;

Result<void> write(const char* path, const launch::archive::LayerPlan& plan,
                   const std::vector<ZipFile>& zips) {
  std::vector<std::string_view> bytes;
  for (const auto& zip : zips) bytes.push_back(zip.bytes());
  std::ofstream out(path, std::ios::binary);
  for (const auto& segment : plan.segments) out << bytes_of(plan, segment, bytes);
  if (!out.flush()) return launch::fail(launch::environment_error(fmt::format("cannot write {}", path)));
  return {};
}

Result<void> run(int argc, char** argv) {
  launch::archive::LayerSpec spec;
  spec.prefix = argv[1];
  TRY_ASSIGN(spec.python, launch::specs::Interpreter::parse(argv[2]));
  spec.interpreter = argv[3];
  spec.time = std::atoll(argv[4]);
  std::vector<launch::MappedFile> files;
  std::vector<ZipFile> zips;
  for (int i = 6; i < argc; ++i) {
    TRY_ASSIGN(auto file, launch::MappedFile::open(argv[i]));
    files.push_back(std::move(file));
    TRY_ASSIGN(auto zip, ZipFile::open(files.back().text()));
    zips.push_back(std::move(zip));
  }
  TRY_ASSIGN(const auto digests,
             launch::archive::digest_layer(zips, spec, [](std::uint64_t) { return true; }));
  TRY_ASSIGN(const auto plan, launch::archive::plan_layer(zips, spec, digests.files));
  fmt::print("layer {}\ntar {}\ntoc {}\nsize {}\ntar_size {}\nliterals {}\nsegments {}\n",
             digests.layer.text(), digests.tar.text(), digests.toc.text(), plan.size, plan.tar_size,
             plan.literals.size(), plan.segments.size());
  return std::string_view(argv[5]) == "-" ? Result<void>() : write(argv[5], plan, zips);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  const auto done = run(argc, argv);
  if (!done) return std::fputs(done.error().text().c_str(), stderr), 3;
  return 0;
}
