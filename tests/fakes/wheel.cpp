#include "fakes/wheel.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <libdeflate.h>
#include <openssl/evp.h>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace launch::fakes {
namespace {

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}
std::string u16(std::uint64_t value) {
  return number(value, 2);
}
std::string u32(std::uint64_t value) {
  return number(value, 4);
}
std::string u64(std::uint64_t value) {
  return number(value, 8);
}

std::string joined(std::initializer_list<std::string> parts) {
  std::string out;
  for (const auto& part : parts) out += part;
  return out;
}

constexpr std::uint32_t kFull32 = 0xffffffff;

std::string deflate(std::string_view content) {
  constexpr int kLevel = 6;
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
  std::string out(libdeflate_deflate_compress_bound(compressor.get(), content.size()), '\0');
  out.resize(
      libdeflate_deflate_compress(compressor.get(), content.data(), content.size(), out.data(), out.size()));
  return out;
}

/// Version needed, flags (UTF-8 names), method, a fixed time (1980-01-01), CRC.
std::string common_fields(const ZipSource& source, bool zip64) {
  constexpr std::uint16_t kUtf8 = 0x0800;
  constexpr std::uint16_t kFirstDay = 0x0021;
  const auto crc = libdeflate_crc32(0, source.content.data(), source.content.size());
  return u16(zip64 ? 45 : 20) + u16(kUtf8) + u16(source.deflated ? 8 : 0) + u16(0) + u16(kFirstDay) +
         u32(crc);
}

std::string end_records(std::size_t count, std::size_t size, std::size_t offset, const ZipStyle& style) {
  std::string out;
  if (style.zip64) {
    out += "PK\x06\x06" + u64(44) + u16(45) + u16(45) + u32(0) + u32(0) + u64(count) + u64(count) +
           u64(size) + u64(offset);
    out += "PK\x06\x07" + u32(0) + u64(offset + size) + u32(1);
  }
  out += std::string("PK\x05\x06") + u16(0) + u16(0);
  out += style.zip64 ? u16(0xffff) + u16(0xffff) + u32(kFull32) + u32(kFull32)
                     : u16(count) + u16(count) + u32(size) + u32(offset);
  return out + u16(style.comment.size()) + style.comment;
}

/// "sha256=…" in the format of RECORD: base64 for URLs, without padding.
std::string record_digest(std::string_view content) {
  const auto hex = sha256_hex(content);
  std::string raw;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    raw += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  std::string text(4 * ((raw.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  text.resize(static_cast<std::size_t>(size));
  text = replace_all(replace_all(text, "+", "-"), "/", "_");
  text.erase(text.find_last_not_of('=') + 1);
  return "sha256=" + text;
}

std::string escaped_name(const WheelSpec& spec) {
  return replace_all(spec.name, "-", "_");
}

/// Every tag of the compressed set on its own line.
std::string wheel_file(const WheelSpec& spec) {
  std::string out = "Wheel-Version: 1.0\nGenerator: launch-tests\nRoot-Is-Purelib: true\n";
  const auto parts = split(spec.tags, '-');
  for (const auto python : split(parts.at(0), '.')) {
    for (const auto abi : split(parts.at(1), '.')) {
      for (const auto platform : split(parts.at(2), '.'))
        out += fmt::format("Tag: {}-{}-{}\n", python, abi, platform);
    }
  }
  return out;
}

}  // namespace

std::string make_zip(const std::vector<ZipSource>& sources, const ZipStyle& style) {
  std::string out;
  std::string directory;
  for (const auto& source : sources) {
    const auto data = source.deflated ? deflate(source.content) : source.content;
    const auto sizes =
        style.zip64 ? u32(kFull32) + u32(kFull32) : u32(data.size()) + u32(source.content.size());
    const auto sizes64 = u64(source.content.size()) + u64(data.size());
    const auto padding =
        style.local_extra > 0 ? joined({u16(0xcafe), u16(style.local_extra)}) : std::string();
    const auto local_extra = joined({style.zip64 ? joined({u16(1), u16(16), sizes64}) : std::string(),
                                     padding, std::string(style.local_extra, '\0')});
    const auto extra = style.zip64 ? joined({u16(1), u16(24), sizes64, u64(out.size())}) : std::string();
    const auto fields = common_fields(source, style.zip64);
    constexpr std::uint16_t kUnix = 3 << 8 | 20;
    constexpr std::uint32_t kRegularFile = 0100000;
    const auto attributes = u32((kRegularFile | source.mode) << 16);
    const auto offset = u32(style.zip64 ? kFull32 : out.size());
    directory += joined({"PK\x01\x02", u16(kUnix), fields, sizes, u16(source.name.size()), u16(extra.size()),
                         u16(0), u16(0), u16(0), attributes, offset, source.name, extra});
    out += joined({"PK\x03\x04", fields, sizes, u16(source.name.size()), u16(local_extra.size()), source.name,
                   local_extra, data});
  }
  return out + directory + end_records(sources.size(), directory.size(), out.size(), style);
}

std::string wheel_file_name(const WheelSpec& spec) {
  return fmt::format("{}-{}-{}.whl", escaped_name(spec), spec.version, spec.tags);
}

std::string wheel_metadata(const WheelSpec& spec) {
  if (!spec.metadata.empty()) return spec.metadata;
  std::string out = fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", spec.name, spec.version);
  if (!spec.requires_python.empty()) out += fmt::format("Requires-Python: {}\n", spec.requires_python);
  for (const auto& requirement : spec.requires_dist) out += fmt::format("Requires-Dist: {}\n", requirement);
  for (const auto& extra : spec.provides_extra) out += fmt::format("Provides-Extra: {}\n", extra);
  return out;
}

std::string make_wheel(const WheelSpec& spec) {
  std::vector<ZipSource> sources;
  for (const auto& [name, content] : spec.files) sources.push_back({name, content, spec.deflated});
  if (sources.empty()) {
    sources.push_back({to_lower(escaped_name(spec)) + "/__init__.py",
                       fmt::format("__version__ = \"{}\"\n", spec.version), spec.deflated});
  }
  const auto info = fmt::format("{}-{}.dist-info/", escaped_name(spec), spec.version);
  sources.push_back({info + "METADATA", wheel_metadata(spec), spec.deflated});
  sources.push_back({info + "WHEEL", wheel_file(spec), spec.deflated});
  if (!spec.entry_points.empty()) {
    std::string text = "[console_scripts]\n";
    for (const auto& [name, target] : spec.entry_points) text += fmt::format("{} = {}\n", name, target);
    sources.push_back({info + "entry_points.txt", text, spec.deflated});
  }
  std::string record;
  for (const auto& source : sources) {
    record += fmt::format("{},{},{}\n", source.name, record_digest(source.content), source.content.size());
  }
  record += info + "RECORD,,\n";
  sources.push_back({info + "RECORD", record, spec.deflated});
  return make_zip(sources);
}

}  // namespace launch::fakes
