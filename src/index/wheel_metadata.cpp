// METADATA of many wheels: from the cache, then from sidecars, then from the wheels themselves.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "archive/zip.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "index/file_urls.hpp"
#include "index/index_client.hpp"
#include "index/problems.hpp"
#include "specs/name.hpp"
#include "specs/wheel.hpp"

namespace launch::index {
namespace {

constexpr std::uint64_t kMostMetadata = std::uint64_t{16} << 20;

/// The first line of a cached METADATA, followed by its digest; since the digest is checked, writes need no
/// flush.
constexpr std::string_view kKept = "launch metadata 1 ";

std::string to_kept(std::string_view text) {
  return fmt::format("{}{}\n{}", kKept, sha256_hex(text), text);
}

/// nullopt if it is damaged, or in another format.
std::optional<std::string_view> from_kept(std::string_view kept) {
  if (!kept.starts_with(kKept)) return std::nullopt;
  kept.remove_prefix(kKept.size());
  const auto end = kept.find('\n');
  if (end == std::string_view::npos || sha256_hex(kept.substr(end + 1)) != kept.substr(0, end))
    return std::nullopt;
  return kept.substr(end + 1);
}

bool is_local(const IndexFile& file) {
  return !file.url.local_path().empty();
}

/// How many bytes at the end of a wheel contain its directory and METADATA. Wheels for a platform without an
/// ABI bundle few, large libraries.
std::uint64_t tail_by_size(const IndexFile& file) {
  constexpr std::uint64_t kLeast = std::uint64_t{64} << 10;
  constexpr std::uint64_t kMost = std::uint64_t{256} << 10;
  const auto size = file.size.value_or(0);
  const auto abi = file.file_name.find("-none-");
  if (abi != std::string::npos && file.file_name.find("-any.", abi) == std::string::npos) return kLeast;
  return std::clamp(size / 64, kLeast, kMost);
}

/// "NAME-VERSION.dist-info/METADATA" at the top level of the wheel; the project's own if there are several.
Result<const archive::ZipEntry*> find_metadata(const RemoteZip& zip, const specs::WheelName& wheel) {
  constexpr std::string_view kSuffix = ".dist-info/METADATA";
  for (const auto& entry : zip.entries()) {
    const std::string_view name = entry.name;
    if (!name.ends_with(kSuffix) || name.find('/') != name.size() - std::string_view("/METADATA").size())
      continue;
    if (specs::normalize_name(name.substr(0, name.find('-'))) != wheel.name) continue;
    if (entry.size > kMostMetadata || entry.compressed_size > kMostMetadata) {
      return fail(environment_error(fmt::format("its METADATA has {}, more than the limit of {}",
                                                human_bytes(entry.size), human_bytes(kMostMetadata))));
    }
    return &entry;
  }
  return fail(environment_error(fmt::format("it has no {}-….dist-info/METADATA", wheel.name)));
}

/// Parses metadata and checks that it belongs to that wheel.
Result<specs::CoreMetadata> parse_metadata(std::string_view text, const specs::WheelName& wheel) {
  auto parsed = specs::CoreMetadata::parse(text);
  if (!parsed) {
    return fail(
        Error(ErrorKind::unusable, fmt::format("its METADATA is invalid: {}", parsed.error().message())));
  }
  auto metadata = *std::move(parsed);
  const auto version = specs::Version::parse(metadata.version);
  // The file name may add a local part that the metadata lacks (flash-attn's "+cu12torch2.6…").
  const bool same = version && (*version == wheel.version || *version == wheel.version.without_local());
  if (metadata.name != wheel.name || !same) {
    return fail(Error(ErrorKind::unusable,
                      fmt::format("the metadata belongs to a different wheel: expected {} {}, found {} {}",
                                  wheel.name, wheel.version.text(), metadata.name, metadata.version)));
  }
  return metadata;
}

/// One wheel whose metadata is being fetched.
struct Pending {
  const IndexFile* file = nullptr;
  specs::WheelName wheel;
  std::optional<Result<specs::CoreMetadata>> result;
  std::optional<Error> bad_sidecar;  ///< its digest is not that of the page
};

class MetadataBatch {
 public:
  MetadataBatch(net::HttpClient& http, const MetadataCache& cache, const IndexClient::TailGuess& tail_guess,
                RangeMemory& memory)
      : http_(http), cache_(cache), tail_guess_(tail_guess), memory_(memory) {}

  std::vector<Result<specs::CoreMetadata>> read(std::span<const IndexFile> files) {
    for (const auto& file : files) {
      auto wheel = specs::WheelName::parse(file.file_name);
      Pending pending{.file = &file, .wheel = {}, .result = std::nullopt, .bad_sidecar = std::nullopt};
      if (wheel) {
        pending.wheel = *std::move(wheel);
      } else {
        pending.result = fail(as_environment_error(wheel.error()));
      }
      pending_.push_back(std::move(pending));
    }
    read_cache();
    read_sidecars();
    read_wheels();
    std::vector<Result<specs::CoreMetadata>> results;
    results.reserve(pending_.size());
    for (auto& pending : pending_) {
      if (!*pending.result && pending.bad_sidecar) pending.result = fail(*pending.bad_sidecar);
      results.push_back(during(*std::move(pending.result),
                               fmt::format("reading the metadata of {}", pending.file->file_name)));
    }
    return results;
  }

  std::uint64_t bytes() const { return bytes_; }

 private:
  template <class Predicate>
  std::vector<Pending*> open(Predicate&& fits) {
    std::vector<Pending*> found;
    for (auto& pending : pending_) {
      if (!pending.result && fits(*pending.file)) found.push_back(&pending);
    }
    return found;
  }

  std::uint64_t tail_of(const IndexFile& file) const {
    const auto known = tail_guess_ ? tail_guess_(file) : 0;
    return known != 0 ? known : tail_by_size(file);
  }

  /// Where a wheel's metadata is cached. A sidecar is stored under its own digest, which is checked on
  /// reading; other metadata under the wheel's digest and URL together, so that one index's claims do not
  /// affect another's files.
  std::filesystem::path cache_path(const IndexFile& file) const {
    if (cache_.disk == nullptr || is_local(file)) return {};
    std::string key;
    if (file.has_metadata && file.metadata_sha256) {
      key = file.metadata_sha256->hex();
    } else if (file.sha256) {
      key = sha256_hex(fmt::format("{}\n{}", file.url.with_secrets(), file.sha256->hex()));
    } else {
      return {};
    }
    return cache_.folder / key;
  }

  void read_cache() {
    for (auto* pending : open([](const IndexFile&) { return true; })) {
      const auto path = cache_path(*pending->file);
      std::error_code error;
      if (path.empty() || !std::filesystem::exists(path, error)) continue;
      const auto kept = read_file(path);
      const auto text = kept ? from_kept(*kept) : std::nullopt;
      const auto& digest = pending->file->metadata_sha256;
      const bool by_digest = pending->file->has_metadata && digest;
      if (!text || (by_digest && Digest::of(*text) != *digest)) continue;
      if (auto metadata = parse_metadata(*text, pending->wheel)) pending->result = std::move(metadata);
    }
  }

  void keep(const IndexFile& file, std::string_view text) const {
    const auto path = cache_path(file);
    if (path.empty()) return;
    if (const auto written = write_file(*cache_.disk, path, to_kept(text), 0644, Flush::no); !written) {
      log_debug("cannot cache the metadata of {}: {}", file.file_name, written.error().message());
    }
  }

  void finish(Pending& pending, std::string_view text) {
    if (pending.bad_sidecar && Digest::of(text) != *pending.file->metadata_sha256) {
      pending.result = fail(*pending.bad_sidecar);
      return;
    }
    pending.result = parse_metadata(text, pending.wheel);
    if (*pending.result) keep(*pending.file, text);
  }

  void read_sidecars() {
    const auto wheels = open([](const IndexFile& file) { return file.has_metadata && !is_local(file); });
    std::vector<net::HttpRequest> requests;
    requests.reserve(wheels.size());
    for (const auto* pending : wheels) {
      requests.push_back(
          {.url = pending->file->url.extend_path(".metadata"), .most = kMostMetadata, .cache = true});
    }
    auto responses = fetch_with_files(http_, requests);
    for (std::size_t i = 0; i < wheels.size(); ++i) {
      if (responses[i] && responses[i]->from_cache && wrong_digest(*wheels[i]->file, *responses[i])) {
        requests[i].cache = false;
        responses[i] = std::move(fetch_with_files(http_, {&requests[i], 1}).front());
      }
      take_sidecar(*wheels[i], requests[i].url, responses[i]);
    }
  }

  static bool wrong_digest(const IndexFile& file, const net::HttpResponse& response) {
    return response.status == 200 && file.metadata_sha256 &&
           Digest::of(response.body) != *file.metadata_sha256;
  }

  void take_sidecar(Pending& pending, const specs::Url& url, const Result<net::HttpResponse>& response) {
    if (!response) {
      pending.result = fail(response.error());
      return;
    }
    if (!response->from_cache) bytes_ += response->body.size();
    if (response->status != 200) {
      log_debug("{} returned {}; reading the wheel itself", url, response->status);
      return;
    }
    if (wrong_digest(*pending.file, *response)) {
      // The wheel itself may still have the METADATA that the page promises.
      pending.bad_sidecar =
          Error(ErrorKind::unusable,
                fmt::format("{} has the sha256 {}, expected {}", url, Digest::of(response->body).hex(),
                            pending.file->metadata_sha256->hex()))
              .hint("the index and its files disagree; try again later, or use another mirror");
      return;
    }
    finish(pending, response->body);
  }

  /// Reads wheels whose cached part turns out to be older than the file once more, from the server only.
  void read_wheels() {
    read_wheels(open([](const IndexFile&) { return true; }), true);
    read_wheels(open([](const IndexFile&) { return true; }), false);
  }

  void read_wheels(const std::vector<Pending*>& wheels, bool cache) {
    std::vector<ZipLocation> locations;
    for (const auto* pending : wheels) {
      const auto& file = *pending->file;
      const bool kept_here = !cache_path(file).empty();
      locations.push_back(
          {.url = file.url, .size = file.size, .tail = tail_of(file), .cache = cache && !kept_here});
    }
    const auto zips = RemoteZip::open_all(http_, locations, RemoteZip::kMostWhole, &memory_);
    std::vector<RemoteZip::Wish> wishes;
    std::vector<Pending*> wishing;
    for (std::size_t i = 0; i < wheels.size(); ++i) {
      if (const auto entry = metadata_entry(zips[i], *wheels[i])) {
        wishes.push_back({&*zips[i], {*entry}});
        wishing.push_back(wheels[i]);
      } else {
        wheels[i]->result = fail(entry.error());
      }
    }
    const auto contents = RemoteZip::read_all(wishes);
    for (std::size_t i = 0; i < wishing.size(); ++i) {
      if (contents[i]) {
        finish(*wishing[i], contents[i]->front());
      } else if (!wishes[i].zip->from_cache()) {
        wishing[i]->result = fail(contents[i].error());
      }
    }
    for (const auto& zip : zips) bytes_ += zip ? zip->bytes_fetched() : 0;
  }

  static Result<const archive::ZipEntry*> metadata_entry(const Result<RemoteZip>& zip,
                                                         const Pending& pending) {
    if (!zip) return fail(zip.error());
    auto entry = find_metadata(*zip, pending.wheel);
    if (!entry) return fail(damaged_zip(entry.error(), pending.file->url));
    return entry;
  }

  net::HttpClient& http_;
  const MetadataCache& cache_;
  const IndexClient::TailGuess& tail_guess_;
  RangeMemory& memory_;
  std::vector<Pending> pending_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<specs::CoreMetadata> IndexClient::metadata(const IndexFile& file) {
  return std::move(metadata(std::span(&file, 1)).front());
}

std::vector<Result<specs::CoreMetadata>> IndexClient::metadata(std::span<const IndexFile> files) {
  MetadataBatch batch(*http_, source_.metadata_cache, tail_guess_, *range_memory_);
  auto results = batch.read(files);
  metadata_bytes_ += batch.bytes();
  return results;
}

}  // namespace launch::index
