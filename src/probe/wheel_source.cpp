#include "probe/wheel_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "archive/zip.hpp"
#include "base/mapped_file.hpp"
#include "index/remote_zip.hpp"
#include "pytorch/packages.hpp"

namespace launch::probe {
namespace {

constexpr std::uint64_t kMostFile = std::uint64_t{64} << 20;

std::vector<std::string> names_of(const std::vector<archive::ZipEntry>& entries) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

/// The entry, when it may be read.
Result<const archive::ZipEntry*> readable(const archive::ZipEntry* entry, const std::string& name,
                                          const std::string& wheel) {
  if (entry == nullptr) return fail(environment_error(fmt::format("{} has no file {}", wheel, name)));
  if (entry->size > kMostFile || entry->compressed_size > kMostFile) {
    return fail(environment_error(fmt::format("{} in {} is larger than 64 MiB", name, wheel)));
  }
  return entry;
}

class LocalWheel final : public WheelSource {
 public:
  LocalWheel(MappedFile bytes, archive::ZipFile zip, std::string path)
      : bytes_(std::move(bytes)), zip_(std::move(zip)), path_(std::move(path)) {}

  std::vector<std::string> files() const override { return names_of(zip_.entries()); }
  bool is_near() const override { return true; }

  Result<std::vector<std::string>> read(std::span<const std::string> names) override {
    std::vector<std::string> contents;
    for (const auto& name : names) {
      TRY_ASSIGN(const auto* entry, readable(zip_.find(name), name, path_));
      auto content = zip_.read(*entry);
      if (!content) {
        return fail(environment_error(content.error().message())
                        .during(fmt::format("reading {} in {}", name, path_)));
      }
      contents.push_back(std::move(*content));
    }
    return contents;
  }

 private:
  MappedFile bytes_;
  archive::ZipFile zip_;
  std::string path_;
};

class RemoteWheel final : public WheelSource {
 public:
  explicit RemoteWheel(index::RemoteZip zip) : zip_(std::move(zip)) {}

  std::vector<std::string> files() const override { return names_of(zip_.entries()); }

  Result<std::vector<std::string>> read(std::span<const std::string> names) override {
    std::vector<const archive::ZipEntry*> wanted;
    for (const auto& name : names) {
      TRY_ASSIGN(const auto* entry, readable(zip_.find(name), name, zip_.url().text()));
      wanted.push_back(entry);
    }
    return zip_.read(wanted);
  }

 private:
  index::RemoteZip zip_;
};

}  // namespace

Result<std::unique_ptr<WheelSource>> open_wheel(const std::filesystem::path& path) {
  TRY_ASSIGN(auto bytes, MappedFile::open(path));
  if (bytes.text().empty()) return fail(environment_error(fmt::format("{} is empty", path.string())));
  auto zip = archive::ZipFile::open(bytes.text());
  if (!zip) return fail(environment_error(zip.error().message()).during("opening " + path.string()));
  return std::make_unique<LocalWheel>(std::move(bytes), std::move(*zip), path.string());
}

Result<std::unique_ptr<WheelSource>> open_wheel(net::HttpClient& http, specs::Url url,
                                                std::optional<std::uint64_t> size) {
  // Never request more than a small wheel has.
  const auto tail = std::min(size.value_or(pytorch::kTorchTail), pytorch::kTorchTail);
  TRY_ASSIGN(auto zip, index::RemoteZip::open(http, std::move(url), size, tail));
  return std::make_unique<RemoteWheel>(std::move(zip));
}

}  // namespace launch::probe
