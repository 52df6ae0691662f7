#include "store/tree_list.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "store/layout.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;
using Kind = TreeEntry::Kind;

constexpr std::string_view kTitle = "launch tree 1";
constexpr char kEnd = '\0';  // which no path contains
constexpr unsigned kPermissions = 07777;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

/// Reads folder by folder, each through its descriptor, so that a deep tree costs no long look-ups.
class Reader {
 public:
  explicit Reader(const fs::path& root) : root_(root) {}

  Result<std::vector<TreeEntry>> read() {
    TRY(read_folder(Fd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), ""));
    std::sort(entries_.begin(), entries_.end(),
              [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
    return std::move(entries_);
  }

 private:
  Result<void> read_folder(Fd fd, const std::string& path) {
    if (!fd) return fail(io_error("read", root_ / path, errno));
    const OpenFolder folder(::fdopendir(fd.get()));
    if (!folder) return fail(io_error("read", root_ / path, errno));
    const int at = fd.release();  // closed with the folder
    while (const auto* found = ::readdir(folder.get())) {
      const std::string name = found->d_name;
      if (name == "." || name == "..") continue;
      TRY(add(at, name, path.empty() ? name : fmt::format("{}/{}", path, name)));
    }
    return {};
  }

  Result<void> add(int folder, const std::string& name, const std::string& path) {
    struct stat status {};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return fail(io_error("read", root_ / path, errno));
    TreeEntry entry{.path = path, .mode = status.st_mode & kPermissions};
    if (S_ISDIR(status.st_mode)) {
      entry.kind = Kind::folder;
      entries_.push_back(std::move(entry));
      return read_folder(Fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
                         path);
    }
    if (S_ISLNK(status.st_mode)) {
      entry.kind = Kind::link;
      entry.content.resize(static_cast<std::size_t>(status.st_size) + 1);
      const auto size = ::readlinkat(folder, name.c_str(), entry.content.data(), entry.content.size());
      if (size < 0) return fail(io_error("read", root_ / path, errno));
      entry.content.resize(static_cast<std::size_t>(size));
    } else if (S_ISREG(status.st_mode)) {
      entry.time = status.st_mtim.tv_sec;
      entry.size = static_cast<std::uint64_t>(status.st_size);
      if (status.st_mtim.tv_nsec != 0) entry.time = -1;  // launch writes whole seconds only
    } else {
      return fail(environment_error(
          fmt::format("{} is neither a file, a folder nor a link", (root_ / path).string())));
    }
    entries_.push_back(std::move(entry));
    return {};
  }

  fs::path root_;
  std::vector<TreeEntry> entries_;
};

/// The same as far as it can be seen without reading files.
bool looks_the_same(const TreeEntry& expected, const TreeEntry& found) {
  return expected.kind == found.kind && expected.mode == found.mode && expected.time == found.time &&
         expected.size == found.size && (expected.kind == Kind::file || expected.content == found.content);
}

char letter_of(Kind kind) {
  return kind == Kind::file ? 'f' : kind == Kind::folder ? 'd' : 'l';
}

std::optional<Kind> kind_of(std::string_view letter) {
  for (const auto kind : {Kind::file, Kind::folder, Kind::link}) {
    if (letter.size() == 1 && letter.front() == letter_of(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<TreeEntry> parse_entry(std::string_view numbers, std::string_view content,
                                     std::string_view path) {
  const auto fields = split(numbers, ' ');
  if (fields.size() != 4) return std::nullopt;
  const auto kind = kind_of(fields[0]);
  const auto mode = parse_u64(fields[1]);
  const auto time = parse_u64(fields[2]);
  const auto size = parse_u64(fields[3]);
  if (!kind || !mode || !time || !size) return std::nullopt;
  return TreeEntry{*kind, std::string(path),   static_cast<unsigned>(*mode), static_cast<std::int64_t>(*time),
                   *size, std::string(content)};
}

}  // namespace

Result<std::vector<TreeEntry>> read_tree(const fs::path& root) {
  return Reader(root).read();
}

std::optional<std::string> tree_change(const std::vector<TreeEntry>& expected, const fs::path& root) {
  const auto found = read_tree(root);
  if (!found) return found.error().message();
  auto is = found->begin();
  for (const auto& entry : expected) {
    if (is == found->end() || entry.path < is->path) return fmt::format("{} is missing", entry.path);
    if (is->path < entry.path) return fmt::format("{} was added", is->path);
    if (!looks_the_same(entry, *is)) return fmt::format("{} was changed", entry.path);
    ++is;
  }
  if (is != found->end()) return fmt::format("{} was added", is->path);
  return std::nullopt;
}

std::optional<std::vector<TreeEntry>> tree_list(const fs::path& folder) {
  const auto text = read_file(folder / kListName);
  return text ? parse_tree(*text) : std::nullopt;
}

std::string tree_text(const std::vector<TreeEntry>& entries) {
  std::string text = std::string(kTitle) + kEnd;
  for (const auto& entry : entries) {
    text += fmt::format("{} {} {} {}", letter_of(entry.kind), entry.mode, entry.time, entry.size);
    text += kEnd + entry.content + kEnd + entry.path + kEnd;
  }
  return text + Digest::of(text).hex();
}

std::optional<std::vector<TreeEntry>> parse_tree(std::string_view text) {
  constexpr std::size_t kHex = 64;
  if (text.size() < kHex) return std::nullopt;
  const auto content = text.substr(0, text.size() - kHex);
  if (Digest::of(content).hex() != text.substr(content.size())) return std::nullopt;
  const auto fields = split(content, kEnd);  // the last one is empty
  if (fields.size() % 3 != 2 || fields.front() != kTitle) return std::nullopt;
  std::vector<TreeEntry> entries;
  entries.reserve(fields.size() / 3);
  for (std::size_t at = 1; at + 2 < fields.size(); at += 3) {
    auto entry = parse_entry(fields[at], fields[at + 1], fields[at + 2]);
    if (!entry) return std::nullopt;
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace launch::store
