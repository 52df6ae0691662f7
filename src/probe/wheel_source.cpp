#include "probe/wheel_source.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

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
  bool is_local() const override { return true; }

  std::optional<ContentMark> mark(const std::string& name) const override {
    const auto* entry = zip_.find(name);
    return entry == nullptr ? std::nullopt : std::optional(ContentMark{entry->crc32, entry->size});
  }

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
  explicit RemoteWheel(index::RemoteZip zip) : zip_(std::move(zip)) {
    for (const auto& entry : zip_.entries()) entries_.push_back(&entry);
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const auto* a, const auto* b) { return a->name < b->name; });
  }

  std::vector<std::string> files() const override { return names_of(zip_.entries()); }

  Result<std::vector<std::string>> read(std::span<const std::string> names) override {
    TRY_ASSIGN(const auto entries, find(names));
    return zip_.read(entries);
  }

  std::optional<ContentMark> mark(const std::string& name) const override {
    const auto* entry = entry_of(name);
    return entry == nullptr ? std::nullopt : std::optional(ContentMark{entry->crc32, entry->size});
  }

  Result<std::optional<index::RemoteZip::Wish>> wish(std::span<const std::string> names) override {
    TRY_ASSIGN(auto entries, find(names));
    return index::RemoteZip::Wish{&zip_, std::move(entries)};
  }

 private:
  Result<std::vector<const archive::ZipEntry*>> find(std::span<const std::string> names) const {
    std::vector<const archive::ZipEntry*> wanted;
    for (const auto& name : names) {
      TRY_ASSIGN(const auto* entry, readable(entry_of(name), name, zip_.url().text()));
      wanted.push_back(entry);
    }
    return wanted;
  }

  /// The last of that name; null if there is none.
  const archive::ZipEntry* entry_of(const std::string& name) const {
    const auto behind =
        std::upper_bound(entries_.begin(), entries_.end(), name,
                         [](const std::string& a, const archive::ZipEntry* b) { return a < b->name; });
    return behind == entries_.begin() || (*std::prev(behind))->name != name ? nullptr : *std::prev(behind);
  }

  index::RemoteZip zip_;
  std::vector<const archive::ZipEntry*> entries_;  ///< by name
};

}  // namespace

std::vector<Result<std::vector<std::string>>> read_all(std::span<const FileWish> wishes) {
  std::vector<Result<std::vector<std::string>>> results(wishes.size());
  std::vector<index::RemoteZip::Wish> remote;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    auto& [source, names] = wishes[i];
    auto wish = source->wish(names);
    if (!wish) {
      results[i] = fail(std::move(wish.error()));
    } else if (*wish) {
      remote.push_back(**std::move(wish));
      places.push_back(i);
    } else {
      results[i] = source->read(names);
    }
  }
  auto answers = index::RemoteZip::read_all(remote);
  for (std::size_t i = 0; i < answers.size(); ++i) results[places[i]] = std::move(answers[i]);
  return results;
}

std::unique_ptr<WheelSource> remote_wheel(index::RemoteZip zip) {
  return std::make_unique<RemoteWheel>(std::move(zip));
}

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
  return remote_wheel(std::move(zip));
}

std::vector<Result<std::unique_ptr<WheelSource>>> open_wheels(net::HttpClient& http,
                                                              std::span<const WheelLocation> wheels) {
  std::vector<index::ZipLocation> locations;
  for (const auto& wheel : wheels) {
    index::ZipLocation location{wheel.url, {}, index::kTail};
    if (wheel.size != 0) {
      location.size = wheel.size;
      location.tail =
          std::min(wheel.size, std::max(index::kTail, pytorch::tail_of_wheel(wheel.file_name, wheel.size)));
    }
    locations.push_back(std::move(location));
  }
  std::vector<Result<std::unique_ptr<WheelSource>>> opened;
  for (auto& zip : index::RemoteZip::open_all(http, locations)) {
    if (zip) {
      opened.emplace_back(std::make_unique<RemoteWheel>(*std::move(zip)));
    } else {
      opened.emplace_back(fail(std::move(zip.error())));
    }
  }
  return opened;
}

}  // namespace launch::probe
