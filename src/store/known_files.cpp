#include "store/known_files.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "store/checked_text.hpp"
#include "store/layout.hpp"

namespace launch::store {
namespace {

/// A change of the format, or of what looks like a secret, is a new title, and so a new place.
constexpr std::string_view kTitle = "launch known files 1";
/// The coarsest times of the file systems that projects are on.
constexpr std::chrono::seconds kTick{2};

/// The words of a line, each followed by a space.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const auto end = std::min(rest_.find(' '), rest_.size());
    const auto word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return word;
  }
  template <class Number>
  bool number(Number& out) {
    const auto word = next();
    const auto* const end = word.data() + word.size();
    const auto [at, code] = std::from_chars(word.data(), end, out);
    return code == std::errc() && at == end;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string line_of(const std::string& path, const KnownFile& file) {
  const auto& state = file.state;
  return fmt::format("{} {} {} {} {} {} {} {} {}\n", state.device, state.inode, state.size, state.written,
                     state.changed, file.sums.crc32, file.looks_secret ? 1 : 0, file.sums.sha256.hex(), path);
}

/// nullopt for anything else than line_of wrote.
std::optional<std::pair<std::string, KnownFile>> parse_line(std::string_view line) {
  Words words(line);
  FileState state;
  std::uint32_t crc32 = 0;
  int secret = 0;
  const bool valid = words.number(state.device) && words.number(state.inode) && words.number(state.size) &&
                     words.number(state.written) && words.number(state.changed) && words.number(crc32) &&
                     words.number(secret);
  auto sha256 = valid ? Digest::of_hex(words.next()) : std::nullopt;
  if (!sha256) return std::nullopt;
  return std::pair(std::string(words.rest()), KnownFile{state, {*std::move(sha256), crc32}, secret != 0});
}

}  // namespace

KnownFiles::KnownFiles(const Store& store, const std::filesystem::path& project, const std::string& recipe,
                       const Work& work)
    : disk_(&work.disk),
      place_(known_files_folder(store.root()) /
             Digest::of(fmt::format("{}\n{}\n{}", kTitle, project.string(), recipe)).hex()),
      oldest_(
          std::chrono::duration_cast<std::chrono::nanoseconds>((work.clock.now() - kTick).time_since_epoch())
              .count()) {
  const auto text = kept_text(place_);
  if (!text) return;
  disk_->touch(place_);
  parse(*text);
}

void KnownFiles::parse(std::string_view text) {
  const auto all = lines(text);
  rows_.reserve(all.size());
  for (const auto line : all) {
    if (auto row = parse_line(line))
      rows_.insert_or_assign(std::move(row->first), Row{std::move(row->second)});
  }
}

const KnownFile* KnownFiles::find(const std::string& path, const FileState& state) {
  const auto row = rows_.find(path);
  if (row == rows_.end() || row->second.file.state != state) return nullptr;
  row->second.is_used = true;
  return &row->second.file;
}

const KnownFile& KnownFiles::add(const std::string& path, KnownFile file) {
  has_new_ = true;
  return rows_.insert_or_assign(path, Row{std::move(file), true}).first->second.file;
}

void KnownFiles::keep() {
  if (disk_ == nullptr || !has_new_) return;
  has_new_ = false;
  std::string text;
  for (const auto& [path, row] : rows_) {
    const auto& state = row.file.state;
    const bool may_change_unseen = std::max(state.written, state.changed) >= oldest_;
    if (row.is_used && !may_change_unseen && path.find('\n') == std::string::npos)
      text += line_of(path, row.file);
  }
  keep_text(*disk_, place_, text);
}

}  // namespace launch::store
