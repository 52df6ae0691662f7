#include "store/pull.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "registry/pull.hpp"
#include "store/fetch.hpp"

namespace launch::store {
namespace {

constexpr std::uint64_t kMostText = std::uint64_t{16} << 20;

/// The files of one repository.
class Pull {
 public:
  Pull(const Store& store, registry::Session& session, net::HttpClient& http, const Work& work)
      : store_(store), place_(session.place()), client_(http, session), work_(work) {}

  Result<std::string> text(const registry::RemoteFile& file, std::string_view name) {
    const bool manifest = name == kManifestName;
    const Artifact wanted{.name = std::string(name),
                          .sha256 = file.digest,
                          .size = file.size,
                          .url = manifest ? place_.manifest(file.digest.text()) : place_.blob(file.digest)};
    TRY_ASSIGN(const auto fetched, fetch(store_, {&wanted, 1}, client_, work_, "fetching the base image"));
    return read_file(fetched.paths.front(), kMostText);
  }

  Result<std::vector<std::filesystem::path>> layers(const std::vector<registry::RemoteFile>& files) {
    std::vector<Artifact> wanted;
    std::vector<std::filesystem::path> paths;
    for (const auto& file : files) {
      paths.push_back(store_.path_of(file.digest, kLayerName));
      if (store_.has(file.digest, kLayerName)) continue;
      wanted.push_back({.name = std::string(kLayerName),
                        .sha256 = file.digest,
                        .size = file.size,
                        .url = place_.blob(file.digest)});
    }
    TRY(fetch(store_, wanted, client_, work_, "fetching the base image"));
    return paths;
  }

  /// The registry has answered.
  bool reached() const { return client_.reached(); }

 private:
  const Store& store_;
  const registry::Place& place_;
  registry::RepositoryClient client_;
  const Work& work_;
};

Result<PulledImage> pull_image(Pull& pull, const Digest& digest, const specs::Platform& platform,
                               std::string_view shown) {
  PulledImage image{.digest = digest, .manifest = {}, .config = {}, .layers = {}};
  TRY_ASSIGN(image.manifest, pull.text({digest, 0}, kManifestName));
  if (registry::is_index(image.manifest)) {
    TRY_ASSIGN(const auto entry, registry::manifest_for(image.manifest, platform, shown));
    image.digest = entry.digest;
    TRY_ASSIGN(image.manifest, pull.text(entry, kManifestName));
  }
  TRY_ASSIGN(const auto files, registry::manifest_files(image.manifest, shown));
  TRY_ASSIGN(image.config, pull.text(files.config, kConfigName));
  TRY_ASSIGN(image.layers, pull.layers(files.layers));
  return image;
}

/// A text of the store; nullopt if it has none.
Result<std::optional<std::string>> find_text(const Store& store, const Digest& digest,
                                             std::string_view name) {
  TRY_ASSIGN(const auto path, store.find(digest, name));
  if (!path) return std::nullopt;
  TRY_ASSIGN(auto text, read_file(*path, kMostText));
  return text;
}

}  // namespace

Result<std::optional<PulledImage>> find_pulled(const Store& store, const Digest& digest,
                                               const specs::Platform& platform, std::string_view shown) {
  PulledImage image{.digest = digest, .manifest = {}, .config = {}, .layers = {}};
  TRY_ASSIGN(auto manifest, find_text(store, digest, kManifestName));
  if (manifest && registry::is_index(*manifest)) {
    TRY_ASSIGN(const auto entry, registry::manifest_for(*manifest, platform, shown));
    image.digest = entry.digest;
    TRY_ASSIGN(manifest, find_text(store, entry.digest, kManifestName));
  }
  if (!manifest) return std::nullopt;
  image.manifest = *std::move(manifest);
  TRY_ASSIGN(const auto files, registry::manifest_files(image.manifest, shown));
  TRY_ASSIGN(auto config, find_text(store, files.config.digest, kConfigName));
  if (!config) return std::nullopt;
  image.config = *std::move(config);
  for (const auto& layer : files.layers) {
    if (!store.has(layer.digest, kLayerName)) return std::nullopt;
    image.layers.push_back(store.path_of(layer.digest, kLayerName));
  }
  return image;
}

Result<PulledImage> pull(const Store& store, const registry::Place& place, const registry::Access& access,
                         const Digest& digest, const specs::Platform& platform, std::string_view shown,
                         net::HttpClient& http, const Work& work) {
  registry::Session session(http, place, access, registry::Action::pull);
  Pull pull(store, session, http, work);
  auto image = during(pull_image(pull, digest, platform, shown),
                      fmt::format("pulling {} from the registry {}", shown, place.host));
  if (!image && !pull.reached() && image.error().hints().empty() && !work.stop.stop_requested()) {
    image.error().hint(
        fmt::format("name a mirror that this machine can reach in launch.toml: [[registry]] prefix = \"{}\", "
                    "location = \"HOST:PORT\"",
                    shown.substr(0, shown.find('/'))));
  }
  return image;
}

}  // namespace launch::store
