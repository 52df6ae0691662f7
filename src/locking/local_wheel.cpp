#include "locking/local_wheel.hpp"

#include "index/index_client.hpp"

namespace launch::locking {

Result<specs::CoreMetadata> metadata_of_file(const std::filesystem::path& wheel, net::HttpClient& http) {
  index::IndexClient client(http, {.url = specs::Url::of_file(wheel.parent_path())});
  return client.metadata({.file_name = wheel.filename().string(), .url = specs::Url::of_file(wheel)});
}

}  // namespace launch::locking
