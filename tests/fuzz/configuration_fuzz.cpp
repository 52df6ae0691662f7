#include "fuzz/fuzz.hpp"
#include "project/pip_config.hpp"
#include "project/site.hpp"

namespace launch::fuzz {

/// A pip.conf, a uv.toml and a launch.toml.
void fuzz_configuration(std::string_view bytes) {
  for (const auto& [name, value] : project::parse_pip_config(bytes)) {
    require(!name.empty(), "an option has a name");
    (void)project::pip_words(value);
  }
  static const Folder kFolder;
  auto parts = parts_of(bytes);
  parts.resize(3);
  const auto pip = kFolder.write("pip.conf", parts[0]);
  const auto uv = kFolder.write("uv.toml", parts[1]);
  kFolder.write("launch.toml", parts[2]);
  const Environment environment({{"HOME", kFolder.path().string()},
                                 {"PIP_CONFIG_FILE", pip.string()},
                                 {"UV_CONFIG_FILE", uv.string()}});
  const auto site = project::load_site(kFolder.path(), environment, "https://pypi.example/simple");
  if (!parsed(site)) return;
  require(!site->index_url.value.empty() && !site->channel_url.value.empty(), "a site has its two indexes");
  for (const auto& registry : site->registries)
    require(!registry.prefix.empty() && !registry.location.empty(), "a mirror has its two ends");
}

}  // namespace launch::fuzz
