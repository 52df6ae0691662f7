#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/work.hpp"
#include "net/http.hpp"
#include "specs/url.hpp"
#include "store/store.hpp"

namespace launch::store {

/// A file that is wanted by its digest.
struct Artifact {
  std::string name;  ///< "torch-2.5.0+cu121-cp311-cp311-linux_x86_64.whl"
  Digest sha256;
  std::uint64_t size = 0;                            ///< bytes; 0 if unknown
  std::optional<specs::Url> url = {};                ///< where to download it, or a file of this machine
  std::optional<std::filesystem::path> beside = {};  ///< a place on this machine that may have it
  std::string way_out = {};                          ///< a hint for bytes of another digest
};

struct Fetched {
  std::size_t present = 0;  ///< artifacts that were in the store or beside the lock
  std::size_t downloaded = 0;
  std::uint64_t bytes = 0;                   ///< downloaded
  std::vector<std::filesystem::path> paths;  ///< in the order of the artifacts
};

/// Fills the store with what it lacks, waiting for other processes that are fetching the same file. What was
/// fetched before an error stays. Errors (environment): those of Store::find and Store::add, of the download;
/// an artifact that has no URL and is nowhere on this machine; a stop. `what` names the work for the
/// reporter.
Result<Fetched> fetch(const Store& store, std::span<const Artifact> wanted, net::HttpClient& http,
                      const Work& work, std::string_view what = "fetching wheels");

/// A file whose digest is not known.
struct Unhashed {
  std::string name;
  specs::Url url;
  std::optional<std::uint64_t> size = {};  ///< bytes
  /// What its server says the digest is; believed if the file had it when it was downloaded before.
  std::optional<Digest> claimed = {};
  std::optional<std::string> etag = {};  ///< strong: while it is the same, so are the bytes
  /// What a downloaded file must pass before it is kept; empty: nothing.
  std::function<Result<void>(const std::filesystem::path& file)> check = {};
};

struct Hashed {
  Digest sha256;
  std::uint64_t size = 0;  ///< bytes
};

/// The digests of files, in their order. A file whose bytes the store knows by what its server says of it now
/// is not downloaded; the others are, into the store. A file that another process is downloading is waited
/// for, and not downloaded again; an interrupted download is resumed by the next one. Errors (environment):
/// those of the download and of Store::add; a stop.
Result<std::vector<Hashed>> fetch_unhashed(const Store& store, std::span<const Unhashed> wanted,
                                           net::HttpClient& http, const Work& work);

}  // namespace launch::store
