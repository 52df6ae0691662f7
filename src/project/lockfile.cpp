#include "project/lockfile.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/base_image_table.hpp"
#include "project/build_record.hpp"
#include "project/upload_time.hpp"
#include "pytorch/toolkits.hpp"
#include "specs/texts.hpp"

namespace launch::project {

namespace {

void put(std::string& out, std::string_view key, const std::string& text) {
  out += fmt::format("{} = {}\n", key, toml_string(text));
}

void put(std::string& out, std::string_view key, const std::optional<std::string>& text) {
  if (text) put(out, key, *text);
}

void put(std::string& out, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out += fmt::format("{} = [\n", key);
  for (const auto& text : texts) out += fmt::format("    {},\n", toml_string(text));
  out += "]\n";
}

/// `heading`: "[[packages.wheels]]", "[packages.sdist]".
void put_file(std::string& out, std::string_view heading, const LockedFile& file) {
  out += fmt::format("\n{}\n", heading);
  put(out, "name", file.file_name);
  if (const auto when = file.upload_time ? utc_time(*file.upload_time) : std::nullopt) {
    out += fmt::format("upload-time = {}\n", *when);
  }
  if (file.url) put(out, "url", file.url->without_credentials().with_secrets());
  put(out, "path", file.path);
  if (file.size != 0) out += fmt::format("size = {}\n", file.size);
  out += fmt::format("hashes = {{ sha256 = {} }}\n", toml_string(file.sha256 ? file.sha256->hex() : ""));
}

void put_package(std::string& out, const LockedPackage& package) {
  out += "\n[[packages]]\n";
  put(out, "name", package.name);
  put(out, "version", package.version.text());
  put(out, "marker", package.marker);
  if (package.index) {
    const auto url = specs::Url::parse(*package.index);
    put(out, "index", url ? url->without_credentials().with_secrets() : *package.index);
  }
  if (!package.dependencies.empty()) {
    auto names = package.dependencies;
    std::sort(names.begin(), names.end());
    out += "dependencies = [\n";
    for (const auto& name : names) out += fmt::format("    {{ name = {} }},\n", toml_string(name));
    out += "]\n";
  }
  auto wheels = package.wheels;
  std::sort(wheels.begin(), wheels.end(), [](const LockedWheel& a, const LockedWheel& b) {
    return std::tie(a.file_name, a.sha256) < std::tie(b.file_name, b.sha256);
  });
  if (package.sdist) put_file(out, "[packages.sdist]", *package.sdist);
  for (const auto& wheel : wheels) put_file(out, "[[packages.wheels]]", wheel);
  if (package.build) out += write_build_record(*package.build);
}

void put_base(std::string& out, const BaseImage& base) {
  out += "\n[tool.launch.base]\n";
  out += write_base_image(base);
  if (base.platforms.empty()) return;
  out += "\n[tool.launch.base.platforms]\n";
  for (const auto& [platform, digest] : base.platforms) {
    put(out, toml_string(platform.oci()), digest.text());
  }
}

void put_provenance(std::string& out, const Provenance& provenance) {
  if (!provenance.recipe) return;
  out += "\n[tool.launch]\n";
  put(out, "recipe-digest", provenance.recipe->text());
  if (provenance.channel) put(out, "channel", std::string(pytorch::channel_name(*provenance.channel)));
  if (provenance.cuda) put(out, "cuda", provenance.cuda->text());
  put(out, "cuda-version", provenance.cuda_version);
  if (provenance.date) put(out, "date", provenance.date->text());
  if (provenance.locked) put(out, "locked", provenance.locked->text());
  put(out, "platforms", specs::texts_of(provenance.platforms));
  if (provenance.interpreter) out += write_python_build(*provenance.interpreter, "tool.launch.interpreter");
  if (provenance.base) put_base(out, *provenance.base);
  if (provenance.images) out += write_image_digests(*provenance.images);
}

}  // namespace

std::string write_lockfile(const Lockfile& lock) {
  std::string out = "lock-version = \"1.0\"\n";
  put(out, "environments", lock.environments);
  if (!lock.requires_python.empty()) put(out, "requires-python", lock.requires_python);
  out += "created-by = \"launch\"\n";

  std::vector<const LockedPackage*> packages;
  packages.reserve(lock.packages.size());
  for (const auto& package : lock.packages) packages.push_back(&package);
  std::sort(packages.begin(), packages.end(), [](const LockedPackage* a, const LockedPackage* b) {
    return std::tie(a->name, a->version, a->marker) < std::tie(b->name, b->version, b->marker);
  });
  if (packages.empty()) out += "packages = []\n";
  for (const auto* package : packages) put_package(out, *package);
  put_provenance(out, lock.provenance);
  return out;
}

std::optional<std::string> cuda_version_of(const std::vector<LockedPackage>& packages) {
  std::vector<pytorch::NamedVersion> named;
  named.reserve(packages.size());
  for (const auto& package : packages) named.push_back({package.name, &package.version});
  return pytorch::cuda_version_of(named);
}

specs::Accelerator accelerator(const Lockfile& lock) {
  if (lock.provenance.cuda) return *lock.provenance.cuda;
  const auto version = cuda_version_of(lock.packages);
  if (!version) return {};
  const auto parts = split(*version, '.');
  const auto major = parse_u64(parts[0]);
  const auto minor = parts.size() < 2 ? std::nullopt : parse_u64(parts[1]);
  if (!major || !minor || *minor > 9) return {};
  return specs::Accelerator::cuda(static_cast<unsigned>(*major), static_cast<unsigned>(*minor));
}

std::int64_t lock_timestamp(const Lockfile& lock) {
  std::chrono::sys_seconds newest{};
  for (const auto& package : lock.packages) {
    for (const auto& wheel : package.wheels) {
      const auto uploaded = specs::parse_utc(wheel.upload_time.value_or(""));
      if (uploaded) newest = std::max(newest, *uploaded);
    }
  }
  for (const auto& day : {lock.provenance.date, lock.provenance.locked}) {
    if (newest == std::chrono::sys_seconds{} && day) newest = day->midnight();
  }
  return newest.time_since_epoch().count();
}

Digest lock_digest(std::string_view text, const Lockfile& lock) {
  const auto& images = lock.provenance.images;
  const auto end = images ? write_image_digests(*images) : std::string();
  if (text.ends_with(end)) text.remove_suffix(end.size());
  return Digest::of(text);
}

}  // namespace launch::project
