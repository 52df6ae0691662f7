#include "project/build_record.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "project/build_table.hpp"
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

Result<std::string> required(const TomlTable& table, std::string_view key) {
  std::string value;
  TRY(table.read(key, value));
  if (value.empty()) return fail(table.wrong(key, "expected text, but it is missing"));
  return value;
}

Result<Digest> digest_of(const TomlTable& table, std::string_view key) {
  TRY_ASSIGN(const auto text, required(table, key));
  if (const auto digest = Digest::parse(text)) return *digest;
  return fail(
      table.wrong(key, fmt::format("expected \"sha256:\" and 64 hex digits, found {}", in_quotes(text))));
}

Result<BaseImage> read_base(const TomlTable& table) {
  BaseImage base;
  TRY_ASSIGN(base.name, required(table, "image"));
  TRY_ASSIGN(base.tag, required(table, "tag"));
  TRY_ASSIGN(base.digest, digest_of(table, "digest"));
  TRY(table.read("distribution", base.distribution));
  TRY_ASSIGN(const auto python, required(table, "python"));
  auto parsed = specs::Interpreter::parse(python);
  if (!parsed) return fail(table.wrong("python", parsed.error().message()));
  base.python = *parsed;
  return base;
}

Result<std::optional<specs::GitSource>> read_git(const TomlTable& table) {
  if (table.find("git") == nullptr) return std::nullopt;
  TRY_ASSIGN(const auto url, required(table, "git"));
  TRY_ASSIGN(const auto commit, required(table, "commit"));
  auto source = specs::GitSource::parse(fmt::format("git+{}@{}", url, commit));
  if (!source) return fail(table.wrong("git", source.error().message()));
  return *std::move(source);
}

Result<LockedFile> read_need(const TomlTable& table) {
  LockedFile file;
  TRY_ASSIGN(file.file_name, required(table, "name"));
  if (const auto name = specs::WheelName::parse(file.file_name); !name)
    return fail(table.wrong("name", name.error().message()));
  std::optional<std::string> url;
  TRY(table.read("url", url));
  if (url) {
    file.url = specs::Url::parse(*url);
    if (!file.url || !(file.url->is_http() || file.url->is_file())) {
      return fail(
          table.wrong("url", fmt::format("expected an https, http or file URL, found {}", in_quotes(*url))));
    }
  }
  TRY(table.read("path", file.path));
  std::int64_t size = 0;
  TRY(table.read("size", size));
  if (size < 0) return fail(table.wrong("size", fmt::format("expected a number of bytes, found {}", size)));
  file.size = static_cast<std::uint64_t>(size);
  TRY_ASSIGN(const auto text, required(table, "sha256"));
  file.sha256 = Digest::of_hex(to_lower(text));
  if (!file.sha256)
    return fail(table.wrong("sha256", fmt::format("expected 64 hex digits, found {}", in_quotes(text))));
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
  put(out, "image", record.base.name);
  put(out, "tag", record.base.tag);
  if (record.base.digest) put(out, "digest", record.base.digest->text());
  if (!record.base.distribution.empty()) put(out, "distribution", record.base.distribution);
  put(out, "python", record.base.python.text());
  if (!record.apt.empty()) {
    std::vector<std::string> words;
    for (const auto& package : record.apt) words.push_back(toml_string(package));
    out += fmt::format("apt = [{}]\n", join(words, ", "));
  }
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
  TRY_ASSIGN(record.settings, digest_of(table, "settings"));
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
