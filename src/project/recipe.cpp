#include "project/recipe.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/toml.hpp"
#include "project/build_table.hpp"
#include "project/image_folders.hpp"
#include "project/python_build.hpp"
#include "project/rank_options.hpp"
#include "project/recipe_packages.hpp"
#include "project/toml_values.hpp"
#include "specs/ignore_patterns.hpp"
#include "specs/texts.hpp"

namespace launch::project {

namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";

std::optional<std::string> bad_word(const std::string& text) {
  if (text.find('\0') == std::string::npos) return std::nullopt;
  return found("text without a NUL character", text);
}

// Checks that a path is below the project's root, even if it contains "..".
std::optional<std::string> bad_project_path(const std::string& text) {
  constexpr std::string_view kExpected = "a path below the project's root, such as \"src\"";
  const std::filesystem::path path(text);
  if (text.empty() || has_control(text) || path.is_absolute()) return found(kExpected, text);
  if (*path.lexically_normal().begin() == ".." || text.size() > kLongestPath) return found(kExpected, text);
  return std::nullopt;
}

std::optional<std::string> bad_pattern(const std::string& text) {
  const auto patterns = specs::IgnorePatterns::parse_at_any_depth({&text, 1});
  return patterns ? std::nullopt : std::optional(patterns.error().message());
}

// useradd's default rule, at most 32 characters.
std::optional<std::string> bad_user(const std::string& text) {
  if (!text.empty() && text.size() <= 32 && (consists_of(text.substr(0, 1), kLower) || text[0] == '_') &&
      consists_of(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")) {
    return std::nullopt;
  }
  return found("a user name of lower-case letters, digits, \"_\" and \"-\", such as \"trainer\"", text);
}

Result<pytorch::Channel> read_channel(const TomlTable& table) {
  std::string text;
  TRY(table.read("channel", text));
  auto names = pytorch::channel_names();
  if (table.find("channel") == nullptr) {
    for (auto& name : names) name = in_quotes(name);
    return fail(
        table.wrong("channel", fmt::format("expected {}, but it is missing", join_words(names, "or"))));
  }
  if (const auto channel = pytorch::channel_of(text)) return *channel;
  return fail(table.wrong("channel", one_of(names, text)));
}

Result<std::optional<specs::Accelerator>> read_cuda(const TomlTable& table, pytorch::Channel channel) {
  const bool given = table.find("cuda") != nullptr;
  if (channel == pytorch::Channel::index) {
    if (!given) return std::nullopt;
    return fail(
        table.wrong("cuda", "cannot be combined with channel \"index\", which has one build of each wheel")
            .hint("remove it, or choose channel \"nightly\", \"test\" or \"stable\""));
  }
  if (!given) {
    return fail(table.wrong(
        "cuda",
        "expected a build of the channel such as \"cu128\", \"cpu\", \"rocm6.3\" or \"xpu\", but it "
        "is missing"));
  }
  std::string text;
  TRY(table.read("cuda", text));
  auto accelerator = specs::Accelerator::parse(text);
  if (!accelerator) return fail(table.wrong("cuda", accelerator.error().message()));
  return *accelerator;
}

Result<std::optional<specs::Day>> read_day(const TomlTable& table, std::string_view key,
                                           pytorch::Channel channel) {
  std::optional<std::string> text;
  TRY(table.read(key, text));
  if (!text) return std::nullopt;
  const auto day = specs::Day::parse(*text);
  if (!day) return fail(table.wrong(key, found("a day such as \"2025-06-06\"", *text)));
  if (channel == pytorch::Channel::nightly) return day;
  return fail(table.wrong(
      key, fmt::format("requires channel \"nightly\", but this is \"{}\"", pytorch::channel_name(channel))));
}

Result<Recipe::Torch> read_torch(const TomlTable& root) {
  Recipe::Torch torch;
  if (root.find("torch") == nullptr) return torch;
  TRY_ASSIGN(const auto table, root.table("torch"));
  TRY(table.only({"channel", "cuda", "date", "as-of", "packages"}));
  TRY_ASSIGN(torch.channel, read_channel(table));
  TRY_ASSIGN(torch.packages, read_requirements(table, "packages"));
  TRY_ASSIGN(torch.date, read_day(table, "date", torch.channel));
  TRY_ASSIGN(torch.as_of, read_day(table, "as-of", torch.channel));
  TRY_ASSIGN(torch.cuda, read_cuda(table, torch.channel));
  if (torch.date && torch.as_of) {
    return fail(
        table
            .wrong("as-of", "cannot be combined with date: date is that exact day, as-of the newest up to it")
            .hint("remove one of the two"));
  }
  if (torch.packages.empty() && root.find("from") == nullptr && torch.channel != pytorch::Channel::index) {
    return fail(table.wrong("packages", "expected at least one package, such as \"torch\""));
  }
  return torch;
}

/// What is wrong with an owner; nullopt if it is valid. Other names are known only to the base image.
std::optional<std::string> bad_owner(const std::string& owner, const std::optional<std::string>& user) {
  constexpr std::size_t kMost = 9;  // digits
  const auto parts = split(owner, ':');
  const bool numbers =
      parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
        return !part.empty() && part.size() <= kMost && consists_of(part, "0123456789") &&
               (part == "0" || part[0] != '0');
      });
  if (owner == "root" || owner == user || numbers) return std::nullopt;
  return found(fmt::format("{}\"root\" or numbers such as \"1000:1000\"",
                           user ? fmt::format("the user {}, ", in_quotes(*user)) : std::string()),
               owner);
}

Result<std::vector<CopyEntry>> read_copies(const TomlTable& table, const Recipe::Image& image) {
  std::vector<CopyEntry> copies;
  TRY_ASSIGN(const auto entries, table.tables("copy"));
  for (const auto& entry : entries) {
    TRY(entry.only({"from", "to", "owner", "exclude"}));
    auto& copy = copies.emplace_back();
    TRY(entry.read("from", copy.from));
    TRY(entry.read("to", copy.to));
    TRY(entry.read("owner", copy.owner));
    TRY(entry.read("exclude", copy.exclude));
    if (const auto what = bad_project_path(copy.from)) return fail(entry.wrong("from", *what));
    if (const auto what = bad_copy_place(copy.to, image.python)) return fail(entry.wrong("to", *what));
    if (copy.owner) {
      if (const auto what = bad_owner(*copy.owner, image.user)) return fail(entry.wrong("owner", *what));
    }
  }
  return copies;
}

/// NCCL settings depend on the machine that runs the image, and the image may run on many.
Result<void> refuse_nccl(const TomlTable& image) {
  const auto* environment = image.find("env");
  if (environment == nullptr) return {};
  for (const auto& item : environment->items) {
    if (!item.key.starts_with("NCCL_")) continue;
    return fail(
        image.wrong("env." + item.key, item, "belongs to the machine that runs the image, not to the image")
            .hint("set it in env under [train]"));
  }
  return {};
}

Result<Recipe::Image> read_image(const TomlTable& root) {
  Recipe::Image image;
  TRY_ASSIGN(const auto table, root.table("image"));
  TRY(table.only({"variant", "from", "python", "apt", "copy", "env", "user"}));
  TRY(table.read("variant", image.variant));
  TRY(check_allowed(table, "variant", image.variant, {"base", "runtime", "devel"}));
  TRY(table.read("from", image.from));
  if (image.from) {
    if (image.from->empty() || has_control(*image.from) || image.from->find(' ') != std::string::npos) {
      return fail(
          table.wrong("from", found("an image such as \"docker.io/library/debian:12\"", *image.from)));
    }
    if (table.find("variant") != nullptr) {
      return fail(table.wrong("variant", "cannot be combined with from, which names the whole image")
                      .hint("remove one of the two"));
    }
  }
  std::string python = "standalone";
  TRY(table.read("python", python));
  TRY(check_allowed(table, "python", python, {"base", "standalone"}));
  if (python == "base") image.python = Recipe::Image::Python::base;
  TRY(table.read("apt", image.apt));
  TRY(check_each(table, "apt", bad_apt_package));
  TRY(read_environment(table, image.env));
  TRY(refuse_nccl(table));
  TRY(table.read("user", image.user));
  if (image.user) {
    if (const auto what = bad_user(*image.user)) return fail(table.wrong("user", *what));
  }
  TRY_ASSIGN(image.copy, read_copies(table, image));
  return image;
}

Result<Recipe::Verify> read_verify(const TomlTable& root) {
  Recipe::Verify verify;
  TRY_ASSIGN(const auto table, root.table("verify"));
  TRY(table.only({"scan", "exclude", "smoke"}));
  TRY(table.read("scan", verify.scan));
  TRY(check_each(table, "scan", bad_project_path));
  TRY(table.read("exclude", verify.exclude));
  TRY(check_each(table, "exclude", bad_pattern));
  TRY(table.read("smoke", verify.smoke));
  TRY(check_each(table, "smoke", bad_word));
  if (table.find("smoke") != nullptr && (verify.smoke.empty() || verify.smoke.front().empty())) {
    return fail(table.wrong("smoke", R"(expected a command, such as ["python", "-c", "import torch"])"));
  }
  return verify;
}

Result<int> read_count(const TomlTable& table, std::string_view key, int least, int fallback) {
  std::int64_t count = fallback;
  TRY(table.read(key, count));
  if (count < least || count > std::numeric_limits<int>::max()) {
    return fail(table.wrong(key, fmt::format("expected {} or more, found {}", least, count)));
  }
  return static_cast<int>(count);
}

Result<specs::GpuSet> read_gpus(const TomlTable& table) {
  const auto* value = table.find("gpus");
  if (value == nullptr) return specs::GpuSet::all();
  if (value->kind == TomlValue::Kind::integer) {
    TRY_ASSIGN(const int count, read_count(table, "gpus", 0, 0));
    return specs::GpuSet::of_count(static_cast<std::size_t>(count));
  }
  if (value->kind != TomlValue::Kind::string)
    return fail(table.wrong_type("gpus", *value, "a number, \"all\" or devices such as \"0,2\""));
  auto gpus = specs::GpuSet::parse(value->text);
  if (!gpus) return fail(table.wrong("gpus", gpus.error().message()));
  return gpus;
}

Result<std::optional<std::chrono::seconds>> read_seconds(const TomlTable& table, std::string_view key) {
  if (table.find(key) == nullptr) return std::nullopt;
  TRY_ASSIGN(const int seconds, read_count(table, key, 0, 0));
  return std::chrono::seconds(seconds);
}

Result<RunLimits> read_limits(const TomlTable& table) {
  RunLimits limits;
  if (table.find("restarts") != nullptr) {
    TRY_ASSIGN(limits.restarts, read_count(table, "restarts", 0, 0));
  }
  TRY_ASSIGN(limits.rendezvous, read_seconds(table, "rendezvous-timeout"));
  TRY_ASSIGN(limits.silence, read_seconds(table, "hang-timeout"));
  return limits;
}

Result<Recipe::Train> read_train(const TomlTable& root) {
  Recipe::Train train;
  TRY_ASSIGN(const auto table, root.table("train"));
  TRY(table.only({"command", "nodes", "gpus", "mounts", "env", "grace", "workdir", "ranks-per-node",
                  "secrets", "restarts", "rendezvous-timeout", "hang-timeout"}));
  TRY(table.read("command", train.command));
  TRY(check_each(table, "command", bad_word));
  TRY_ASSIGN(train.nodes, read_count(table, "nodes", 1, 1));
  TRY_ASSIGN(train.gpus, read_gpus(table));
  TRY_ASSIGN(const auto mounts, table.tables("mounts"));
  for (const auto& entry : mounts) {
    TRY(entry.only({"from", "to", "read-only", "relabel"}));
    auto& mount = train.mounts.emplace_back();
    TRY(entry.read("from", mount.from));
    TRY(entry.read("to", mount.to));
    TRY(entry.read("read-only", mount.read_only));
    TRY(entry.read("relabel", mount.relabel));
    if (mount.from.empty() || has_control(mount.from) || mount.from.size() > kLongestPath) {
      return fail(entry.wrong("from", found("a folder of the host, such as \"/data\"", mount.from)));
    }
    if (const auto what = bad_container_path(mount.to)) return fail(entry.wrong("to", *what));
  }
  TRY(read_environment(table, train.env));
  TRY_ASSIGN(train.grace, read_seconds(table, "grace"));
  TRY_ASSIGN(train.limits, read_limits(table));
  TRY(read_rank_options(table, train));
  return train;
}

/// "3.12", or with its patch release "3.12.4"; with "t" at the end for the free-threaded build.
Result<void> read_python(const TomlTable& root, Recipe& recipe) {
  if (root.find("python") == nullptr) {
    return fail(root.wrong(
        "python", "expected the version of the image's Python, such as \"3.12\", but it is missing"));
  }
  std::string text;
  TRY(root.read("python", text));
  if (const auto release = parse_python_release(text)) {
    recipe.python = release->first;
    recipe.python_patch = release->second;
    return {};
  }
  auto python = specs::Interpreter::parse(text);
  if (!python) return fail(root.wrong("python", python.error().message()));
  recipe.python = *python;
  return {};
}

Result<std::vector<specs::Platform>> read_platforms(const TomlTable& root) {
  std::vector<specs::Platform> platforms;
  const auto known = specs::texts_of(specs::Platform::all());
  std::vector<std::string> texts;
  TRY(root.read("platforms", texts));
  TRY(check_each(root, "platforms", [&](const std::string& text) -> std::optional<std::string> {
    const auto platform = specs::Platform::parse(text);
    if (!platform) return one_of(known, text);
    if (std::find(platforms.begin(), platforms.end(), *platform) != platforms.end())
      return fmt::format("duplicate {}", in_quotes(text));
    platforms.push_back(*platform);
    return std::nullopt;
  }));
  if (root.find("platforms") == nullptr) platforms.push_back(specs::Platform::all().front());
  if (platforms.empty())
    return fail(
        root.wrong("platforms", fmt::format("expected at least one, such as {}", in_quotes(known.front()))));
  return platforms;
}

Result<Recipe::Lock> read_lock(const TomlTable& root) {
  Recipe::Lock lock;
  TRY_ASSIGN(const auto table, root.table("lock"));
  TRY(table.only({"wheels", "constraints", "overrides", "build"}));
  std::string wheels = "url";
  TRY(table.read("wheels", wheels));
  TRY(check_allowed(table, "wheels", wheels, {"url", "path"}));
  lock.by_path = wheels == "path";
  TRY_ASSIGN(lock.constraints, read_bounds(table, "constraints"));
  TRY_ASSIGN(lock.overrides, read_bounds(table, "overrides"));
  TRY_ASSIGN(lock.build, read_build_tables(table));
  return lock;
}

Result<Recipe> read_recipe(const TomlTable& root, std::string_view name) {
  TRY(root.only({"extends", "python", "platforms", "packages", "from", "torch", "lock", "index", "image",
                 "verify", "train"}));
  Recipe recipe;
  recipe.name = std::string(name);
  TRY(read_python(root, recipe));
  TRY_ASSIGN(recipe.platforms, read_platforms(root));
  TRY_ASSIGN(recipe.packages, read_requirements(root, "packages"));
  TRY(root.read("from", recipe.from));
  TRY(check_each(root, "from", bad_project_path));
  TRY_ASSIGN(recipe.torch, read_torch(root));
  if (recipe.packages.empty() && recipe.from.empty() && recipe.torch.packages.empty())
    return fail(root.wrong("packages", "expected at least one package here or in [torch]"));
  TRY_ASSIGN(recipe.indexes, read_indexes(root));
  TRY(check_origins(root, recipe));
  TRY_ASSIGN(recipe.lock, read_lock(root));
  TRY(check_git(root, recipe));
  TRY_ASSIGN(recipe.image, read_image(root));
  TRY_ASSIGN(recipe.verify, read_verify(root));
  TRY_ASSIGN(recipe.train, read_train(root));
  return recipe;
}

}  // namespace

Result<std::optional<std::string>> extended_by(const RecipeText& recipe) {
  TRY_ASSIGN(const auto document, parse_toml(recipe.text, recipe.file));
  const TomlTable root(document, recipe.file);
  std::optional<std::string> extends;
  TRY(root.read("extends", extends));
  if (extends && (!extends->ends_with(".toml") || has_control(*extends)))
    return fail(root.wrong("extends", found("a recipe's file, such as \"base.toml\"", *extends)));
  return extends;
}

Result<Recipe> parse_recipe(std::span<const RecipeText> texts, std::string_view name) {
  TomlValue document;
  for (std::size_t i = texts.size(); i-- > 0;) {
    TRY_ASSIGN(const auto layer, parse_toml(texts[i].text, texts[i].file));
    if (i + 1 == texts.size()) {
      document = layer;
    } else {
      extend(document, layer);
    }
    document.place = layer.place;
    document.file = layer.file;
  }
  return read_recipe(TomlTable(document, texts.front().file), name);
}

Result<Recipe> parse_recipe(std::string_view text, std::string_view name, std::string_view file) {
  const RecipeText one{std::string(text), std::string(file)};
  return parse_recipe({&one, 1}, name);
}

}  // namespace launch::project
