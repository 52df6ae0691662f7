// The layers of the OCI image specification, "Image Layer Filesystem Changeset".
#include "archive/root_tree.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "archive/layer_names.hpp"
#include "archive/tar.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::archive {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::array kRead = {kPasswd, kGroup, kShadow, kGroupShadow};
constexpr std::string_view kOpaque = ".wh..wh..opq";

Access access_of(const TarEntry& entry) {
  return {entry.mode, entry.owner, entry.group};
}

/// Applies layer after layer.
class Layers {
 public:
  void begin_layer() { own_.clear(); }
  void end_layer(std::uint64_t size) { tree_.sizes.push_back(size); }

  Result<bool> enter(const TarEntry& entry) {
    auto path = fs::path(entry.name).lexically_normal().relative_path().string();
    while (path.ends_with('/')) path.pop_back();
    if (path.empty() || path == ".") return false;
    const auto slash = path.rfind('/');
    const auto name = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
    if (is_whiteout(name)) {
      remove(path, name);
      return false;
    }
    if (entry.kind == TarEntry::Kind::folder) {
      tree_.files.erase(path);
      tree_.links.erase(path);
      own_.insert(path);
      tree_.folders.insert_or_assign(std::move(path), access_of(entry));
      return false;
    }
    own_.erase(path);
    remove_below(path);
    own_.insert(path);
    if (entry.kind == TarEntry::Kind::link) tree_.links.emplace(path, entry.target);
    if (std::find(kRead.begin(), kRead.end(), path) == kRead.end()) return false;
    if (entry.kind == TarEntry::Kind::hard_link) take_hard_link(path, entry.target);
    const bool wanted = entry.kind == TarEntry::Kind::file;
    if (wanted) reading_ = std::move(path);
    return wanted;
  }

  Result<void> take(const TarEntry& entry, std::string content) {
    tree_.files.insert_or_assign(reading_, RootFile{std::move(content), access_of(entry)});
    return {};
  }

  RootTree finish() { return std::move(tree_); }

 private:
  /// A hard link to a file that is not read is kept like a symbolic one.
  void take_hard_link(const std::string& path, const std::string& target) {
    const auto of = fs::path(target).lexically_normal().relative_path().string();
    if (const auto found = tree_.files.find(of); found != tree_.files.end()) {
      const auto file = found->second;
      tree_.files.insert_or_assign(path, file);
    } else {
      tree_.links.insert_or_assign(path, "/" + of);
    }
  }

  void remove(const std::string& path, std::string_view name) {
    const auto folder = path.substr(0, path.size() - name.size());  // "" or "opt/"
    if (name == kOpaque) {
      remove_all_that_begin(folder);
    } else {
      remove_below(folder + std::string(name.substr(kWhiteout.size())));
    }
  }

  /// The path itself and what it contains.
  void remove_below(const std::string& path) {
    each_map([&](auto& map) {
      if (!own_.contains(path)) map.erase(path);
    });
    remove_all_that_begin(path + '/');
  }

  void remove_all_that_begin(const std::string& start) {
    each_map([&](auto& map) {
      for (auto at = map.lower_bound(start); at != map.end() && at->first.starts_with(start);)
        at = own_.contains(at->first) ? std::next(at) : map.erase(at);
    });
  }

  template <class Action>
  void each_map(const Action& action) {
    action(tree_.folders);
    action(tree_.links);
    action(tree_.files);
  }

  RootTree tree_;
  std::set<std::string> own_;  ///< paths of this layer, whose whiteouts hide only what is below it
  std::string reading_;
};

/// Any bytes as UTF-8, each as the character of its number, so that they are read back unchanged.
std::string as_text(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) out += static_cast<char>(0xC0 | byte >> 6);
    out += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3F) : byte);
  }
  return out;
}

std::string as_bytes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80 && i + 1 < text.size())
      byte = static_cast<unsigned char>(byte << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    out += static_cast<char>(byte);
  }
  return out;
}

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
    tree.begin_layer();
    TRY_ASSIGN(const auto size, during(read_whole_tar_gz(layer, kLimits, visitor),
                                       fmt::format("reading the layer {}", layer.string())));
    tree.end_layer(size);
  }
  return tree.finish();
}

Result<std::string> resolve(const RootTree& tree, std::string_view path) {
  constexpr int kMostLinks = 40;
  fs::path here;
  // ".." at the root is the root.
  auto rest = (fs::path("/") / path).lexically_normal().relative_path();
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
      return fail(input_error(
          fmt::format("the symbolic links of the base image at {} form a loop", in_quotes(path))));
    const fs::path target(link->second);
    rest = (fs::path("/") / (target.is_absolute() ? target : here / target) / rest)
               .lexically_normal()
               .relative_path();
    here.clear();
  }
  return here.string();
}

std::string root_tree_text(const RootTree& tree) {
  Json json{{"folders", Json::object()},
            {"links", Json::object()},
            {"files", Json::object()},
            {"sizes", tree.sizes}};
  for (const auto& [path, access] : tree.folders) json["folders"][as_text(path)] = access_json(access);
  for (const auto& [path, target] : tree.links) json["links"][as_text(path)] = as_text(target);
  for (const auto& [path, file] : tree.files)
    json["files"][as_text(path)] = {{"access", access_json(file.access)}, {"content", as_text(file.content)}};
  return json_text(json);
}

std::optional<RootTree> parse_root_tree(std::string_view text) {
  const auto json = parse_json<Json>(text);
  const auto& folders = json_at(json, {"folders"});
  const auto& links = json_at(json, {"links"});
  const auto& files = json_at(json, {"files"});
  const auto& sizes = json_at(json, {"sizes"});
  if (!folders.is_object() || !links.is_object() || !files.is_object() || !sizes.is_array())
    return std::nullopt;
  RootTree tree;
  for (const auto& each : sizes) {
    const auto size = json_integer<std::uint64_t>(each);
    if (!size) return std::nullopt;
    tree.sizes.push_back(*size);
  }
  for (const auto& [path, target] : links.items())
    tree.links.emplace(as_bytes(path), as_bytes(json_string(target)));
  for (const auto& [path, value] : folders.items()) {
    const auto access = read_access(value);
    if (!access) return std::nullopt;
    tree.folders.emplace(as_bytes(path), *access);
  }
  for (const auto& [path, value] : files.items()) {
    const auto access = read_access(json_at(value, {"access"}));
    if (!access) return std::nullopt;
    tree.files.emplace(as_bytes(path), RootFile{as_bytes(json_string(value, {"content"})), *access});
  }
  return tree;
}

}  // namespace launch::archive
