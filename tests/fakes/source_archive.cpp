#include "fakes/source_archive.hpp"

#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <libdeflate.h>

namespace launch::fakes {
namespace {

constexpr std::size_t kBlock = 512;

std::string padded(std::string text, std::size_t size) {
  text.resize(size, '\0');
  return text;
}

std::string header(const TarSource& source) {
  auto block = padded(source.name, 100) + padded(fmt::format("{:07o}", source.mode), 8) +
               padded("0000000", 8) + padded("0000000", 8) +
               padded(fmt::format("{:011o}", source.content.size()), 12) +
               padded(fmt::format("{:011o}", source.time), 12) + std::string(8, ' ') + source.type +
               padded(source.target, 100) + padded("ustar", 6) + "00";
  block.resize(kBlock, '\0');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, padded(fmt::format("{:06o}", sum), 7) + " ");
  return block;
}

}  // namespace

std::string make_tar(const std::vector<TarSource>& sources) {
  std::string out;
  for (const auto& source : sources) {
    out += header(source) + source.content;
    out.resize((out.size() + kBlock - 1) / kBlock * kBlock, '\0');
  }
  return out + std::string(2 * kBlock, '\0');
}

std::string gzip(std::string_view content) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(9), libdeflate_free_compressor);
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), content.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor.get(), content.data(), content.size(), out.data(), out.size()));
  return out;
}

std::string make_source_archive(const SourceSpec& spec) {
  const auto root = fmt::format("{}-{}/", spec.name, spec.version);
  auto pkg_info = fmt::format("Metadata-Version: {}\nName: {}\nVersion: {}\n", spec.metadata_version,
                              spec.name, spec.version);
  for (const auto& requirement : spec.requires_dist)
    pkg_info += fmt::format("Requires-Dist: {}\n", requirement);
  for (const auto& field : spec.dynamic) pkg_info += fmt::format("Dynamic: {}\n", field);
  std::vector<TarSource> sources{{.name = root, .type = '5'},
                                 {.name = root + "PKG-INFO", .content = pkg_info},
                                 {.name = root + "setup.py", .content = "raise SystemExit(1)\n"}};
  if (!spec.pyproject.empty())
    sources.push_back({.name = root + "pyproject.toml", .content = spec.pyproject});
  return gzip(make_tar(sources));
}

}  // namespace launch::fakes
