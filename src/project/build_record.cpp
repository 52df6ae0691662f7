#include "project/build_record.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/base_image_table.hpp"
#include "project/build_table.hpp"
#include "project/toml_values.hpp"
#include "specs/wheel.hpp"

namespace launch::project {
namespace {

void put(std::string& out, std::string_view key, const std::string& text) {
  out += fmt::format("{} = {}\n", key, toml_string(text));
}

std::string need_text(const LockedFile& file) {
  auto text = fmt::format("{{ name = {}", toml_string(file.file_name));
  if (file.url)
    text += fmt::format(", url = {}", toml_string(file.url->without_credentials().with_secrets()));
  if (file.path) text += fmt::format(", path = {}", toml_string(*file.path));
  if (file.size != 0) text += fmt::format(", size = {}", file.size);
  return text + fmt::format(", sha256 = {} }}", toml_string(file.sha256 ? file.sha256->hex() : ""));
}

Result<BaseImage> read_base(const TomlTable& table) {
  TRY_ASSIGN(auto base, read_base_image(table));
  if (!base.digest) return fail(table.wrong("digest", "expected \"sha256:…\", but it is missing"));
  return base;
}

Result<std::optional<specs::GitSource>> read_git(const TomlTable& table) {
  if (table.find("git") == nullptr) return std::nullopt;
  TRY_ASSIGN(const auto url, required_text(table, "git", "the URL of a repository"));
  TRY_ASSIGN(const auto commit, required_text(table, "commit", "a commit"));
  auto source = specs::GitSource::parse(fmt::format("git+{}@{}", url, commit));
  if (!source) return fail(table.wrong("git", source.error().message()));
  return *std::move(source);
}

Result<LockedFile> read_need(const TomlTable& table) {
  LockedFile file;
  TRY_ASSIGN(file.file_name, required_text(table, "name", "the name of a wheel"));
  if (const auto name = specs::WheelName::parse(file.file_name); !name)
    return fail(table.wrong("name", name.error().message()));
  std::optional<std::string> url;
  TRY(table.read("url", url));
  if (url) {
    file.url = specs::Url::parse(*url);
    if (!file.url || !(file.url->is_http() || file.url->is_file())) {
      return fail(table.wrong("url", found("an https, http or file URL", *url)));
    }
  }
  TRY(table.read("path", file.path));
  std::int64_t size = 0;
  TRY(table.read("size", size));
  if (size < 0) return fail(table.wrong("size", fmt::format("expected a number of bytes, found {}", size)));
  file.size = static_cast<std::uint64_t>(size);
  TRY_ASSIGN(const auto text, required_text(table, "sha256", "64 hex digits"));
  file.sha256 = Digest::of_hex(to_lower(text));
  if (!file.sha256) return fail(table.wrong("sha256", found("64 hex digits", text)));
  return file;
}

}  // namespace

Digest build_settings(const Recipe& recipe, const Recipe::Build& build) {
  return Digest::of(fmt::format("{}python {}\nimage {}\n", text_of(build), recipe.python.text(),
                                recipe.image.from.value_or(build.variant.value_or(recipe.image.variant))));
}

std::string write_build_record(const BuildRecord& record) {
  std::string out = "\n[packages.tool.launch.build]\n";
  put(out, "settings", record.settings.text());
  if (record.git) {
    put(out, "git", record.git->url.without_credentials().with_secrets());
    put(out, "commit", record.git->commit);
  }
  out += write_base_image(record.base);
  if (!record.apt.empty()) out += fmt::format("apt = {}\n", toml_array(record.apt));
  if (!record.env.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [name, value] : record.env)
      pairs.push_back(fmt::format("{} = {}", name, toml_string(value)));
    out += fmt::format("env = {{ {} }}\n", join(pairs, ", "));
  }
  auto needs = record.needs;
  std::sort(needs.begin(), needs.end(),
            [](const LockedFile& a, const LockedFile& b) { return a.file_name < b.file_name; });
  out += "needs = [\n";
  for (const auto& need : needs) out += fmt::format("    {},\n", need_text(need));
  return out + "]\n";
}

Result<std::shared_ptr<const BuildRecord>> read_build_record(const TomlTable& package) {
  TRY_ASSIGN(const auto tool, package.table("tool"));
  TRY_ASSIGN(const auto launch, tool.table("launch"));
  if (launch.find("build") == nullptr) return nullptr;
  TRY_ASSIGN(const auto table, launch.table("build"));
  BuildRecord record;
  TRY_ASSIGN(record.settings, read_digest(table, "settings"));
  TRY_ASSIGN(record.git, read_git(table));
  TRY_ASSIGN(record.base, read_base(table));
  TRY(table.read("apt", record.apt));
  TRY(table.read("env", record.env));
  TRY_ASSIGN(const auto needs, table.tables("needs"));
  for (const auto& each : needs) {
    TRY_ASSIGN(auto need, read_need(each));
    record.needs.push_back(std::move(need));
  }
  return std::make_shared<const BuildRecord>(std::move(record));
}

}  // namespace launch::project
