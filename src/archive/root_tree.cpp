// The layers of the OCI image specification, "Image Layer Filesystem Changeset".
#include "archive/root_tree.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/tar.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array kRead = {kPasswd, kGroup, kShadow, kGroupShadow};
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

Access access_of(const TarEntry& entry) {
  return {entry.mode, entry.owner, entry.group};
}

/// Applies layer after layer.
class Layers {
 public:
  Result<bool> enter(const TarEntry& entry) {
    auto path = fs::path(entry.name).lexically_normal().relative_path().string();
    while (path.ends_with('/')) path.pop_back();
    if (path.empty() || path == ".") return false;
    const auto slash = path.rfind('/');
    const auto name = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
    if (name.starts_with(kWhiteout)) {
      remove(path, name);
      return false;
    }
    if (entry.kind == TarEntry::Kind::folder) {
      tree_.files.erase(path);
      tree_.links.erase(path);
      tree_.folders.insert_or_assign(std::move(path), access_of(entry));
      return false;
    }
    remove_below(path);
    if (entry.kind == TarEntry::Kind::link) tree_.links.emplace(path, entry.target);
    const bool wanted =
        entry.kind == TarEntry::Kind::file && std::find(kRead.begin(), kRead.end(), path) != kRead.end();
    if (wanted) reading_ = std::move(path);
    return wanted;
  }

  Result<void> take(const TarEntry& entry, std::string content) {
    tree_.files.insert_or_assign(reading_, RootFile{std::move(content), access_of(entry)});
    return {};
  }

  RootTree finish() { return std::move(tree_); }

 private:
  void remove(const std::string& path, std::string_view name) {
    const auto folder = path.substr(0, path.size() - name.size());  // "" or "opt/"
    if (name == kOpaque) {
      remove_if([&](const std::string& each) { return each.starts_with(folder); });
    } else {
      remove_below(folder + std::string(name.substr(kWhiteout.size())));
    }
  }

  /// The path itself and what it contains.
  void remove_below(const std::string& path) {
    remove_if([&](const std::string& each) { return each == path || each.starts_with(path + '/'); });
  }

  template <class Predicate>
  void remove_if(const Predicate& gone) {
    const auto entry_gone = [&](const auto& each) { return gone(each.first); };
    std::erase_if(tree_.folders, entry_gone);
    std::erase_if(tree_.links, entry_gone);
    std::erase_if(tree_.files, entry_gone);
  }

  RootTree tree_;
  std::string reading_;
};

Json access_json(const Access& access) {
  return {access.mode, access.owner, access.group};
}

std::optional<Access> read_access(const Json& json) {
  if (!json.is_array() || json.size() != 3) return std::nullopt;
  const auto mode = json_integer<unsigned>(json[0]);
  const auto owner = json_integer<unsigned>(json[1]);
  const auto group = json_integer<unsigned>(json[2]);
  if (!mode || !owner || !group) return std::nullopt;
  return Access{*mode, *owner, *group};
}

}  // namespace

Result<RootTree> read_root_tree(std::span<const fs::path> layers) {
  constexpr TarLimits kLimits{
      .bytes = std::uint64_t{64} << 30, .members = 4'000'000, .content = std::uint64_t{4} << 20};
  Layers tree;
  const TarVisitor visitor{.enter = [&](const TarEntry& entry) { return tree.enter(entry); },
                           .take = [&](const TarEntry& entry,
                                       std::string content) { return tree.take(entry, std::move(content)); }};
  for (const auto& layer : layers) {
    TRY(during(read_tar_gz(layer, kLimits, visitor), fmt::format("reading the layer {}", layer.string())));
  }
  return tree.finish();
}

Result<std::string> resolve(const RootTree& tree, std::string_view path) {
  constexpr int kMostLinks = 40;
  fs::path here;
  auto rest = fs::path(path).lexically_normal().relative_path();
  for (int links = 0; !rest.empty();) {
    const auto part = *rest.begin();
    rest = rest.lexically_relative(part);
    if (rest == ".") rest.clear();
    const auto link = tree.links.find((here / part).string());
    if (link == tree.links.end()) {
      here /= part;
      continue;
    }
    if (++links > kMostLinks)
      return fail(
          input_error(fmt::format("the links of the base image at {} lead in a circle", in_quotes(path))));
    const fs::path target(link->second);
    // ".." at the root is the root.
    rest = (fs::path("/") / (target.is_absolute() ? target : here / target) / rest)
               .lexically_normal()
               .relative_path();
    here.clear();
  }
  return here.string();
}

std::string root_tree_text(const RootTree& tree) {
  Json json{{"folders", Json::object()}, {"links", tree.links}, {"files", Json::object()}};
  for (const auto& [path, access] : tree.folders) json["folders"][path] = access_json(access);
  for (const auto& [path, file] : tree.files)
    json["files"][path] = {{"access", access_json(file.access)}, {"content", file.content}};
  return json_text(json);
}

std::optional<RootTree> parse_root_tree(std::string_view text) {
  const auto json = parse_json<Json>(text);
  const auto& folders = json_at(json, {"folders"});
  const auto& links = json_at(json, {"links"});
  const auto& files = json_at(json, {"files"});
  if (!folders.is_object() || !links.is_object() || !files.is_object()) return std::nullopt;
  RootTree tree;
  for (const auto& [path, target] : links.items()) tree.links.emplace(path, json_string(target));
  for (const auto& [path, value] : folders.items()) {
    const auto access = read_access(value);
    if (!access) return std::nullopt;
    tree.folders.emplace(path, *access);
  }
  for (const auto& [path, value] : files.items()) {
    const auto access = read_access(json_at(value, {"access"}));
    if (!access) return std::nullopt;
    tree.files.emplace(path, RootFile{json_string(value, {"content"}), *access});
  }
  return tree;
}

}  // namespace launch::archive
