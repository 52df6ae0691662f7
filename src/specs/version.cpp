#include "specs/version.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/scanner.hpp"

namespace launch::specs {
namespace {

using Pre = std::optional<std::pair<char, std::uint64_t>>;

bool is_separator(char c) {
  return c == '.' || c == '-' || c == '_';
}

/// Parses a version that is lower case and has no white space around it; errors quote `text`.
class VersionReader {
 public:
  VersionReader(std::string_view lower, std::string_view text) : scan_(lower, "version"), text_(text) {}

  Scanner& scan() { return scan_; }

  Result<std::uint64_t> number() {
    const auto digits = scan_.take_while(is_digit);
    if (digits.empty()) return fail(error("a number"));
    return value_of(digits);
  }

  /// The number that may follow a letter; 0 if there is none.
  Result<std::uint64_t> optional_number() {
    if (is_separator(scan_.peek())) scan_.take(scan_.rest().substr(0, 1));
    return is_digit(scan_.peek()) ? number() : Result<std::uint64_t>(0);
  }

  /// One of the words, after at most one separator; does not advance if there is none.
  template <std::size_t N>
  std::optional<std::size_t> word(const std::array<std::string_view, N>& words) {
    const Scanner before = scan_;
    if (is_separator(scan_.peek())) scan_.take(scan_.rest().substr(0, 1));
    for (std::size_t i = 0; i < N; ++i) {
      if (scan_.take(words[i])) return i;
    }
    scan_ = before;
    return std::nullopt;
  }

  Result<std::uint64_t> value_of(std::string_view digits) const {
    const auto value = parse_u64(digits);
    if (!value) {
      return fail(input_error(
          fmt::format("the number {} in the version {} is too large: expected one that fits 64 bits",
                      in_quotes(digits), in_quotes(text_))));
    }
    return *value;
  }

  Error error(std::string_view expectation) const { return scan_.expected(expectation); }

 private:
  Scanner scan_;
  std::string_view text_;
};

std::uint64_t number_at(const std::vector<std::uint64_t>& release, std::size_t i) {
  return i < release.size() ? release[i] : 0;
}

std::strong_ordering compare_releases(const std::vector<std::uint64_t>& a,
                                      const std::vector<std::uint64_t>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto order = number_at(a, i) <=> number_at(b, i);
    if (std::is_neq(order)) return order;
  }
  return std::strong_ordering::equal;
}

/// Sort key of the pre-release part: "1.dev1" before "1a1" before "1b1" before "1rc1" before "1" and
/// "1.post1".
std::pair<int, std::uint64_t> pre_key(const Pre& pre, bool has_post, bool has_dev) {
  if (pre) return {pre->first - 'a' + 1, pre->second};
  return {!has_post && has_dev ? 0 : 'd' - 'a' + 1, 0};
}

std::pair<bool, std::uint64_t> post_key(std::optional<std::uint64_t> post) {
  return {post.has_value(), post.value_or(0)};
}
std::pair<bool, std::uint64_t> dev_key(std::optional<std::uint64_t> dev) {
  return {!dev, dev.value_or(0)};
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  constexpr std::array<std::string_view, 8> kPre = {"alpha", "a", "beta", "b", "preview", "pre", "c", "rc"};
  constexpr std::string_view kPreLetters = "aabbcccc";
  constexpr std::array<std::string_view, 3> kPost = {"post", "rev", "r"};
  constexpr std::array<std::string_view, 1> kDev = {"dev"};

  const std::string lower = to_lower(trim(text));
  VersionReader read(lower, text);
  Scanner& scan = read.scan();
  Version version;

  scan.take("v");
  TRY_ASSIGN(auto first, read.number());
  if (scan.take("!")) {
    version.epoch_ = first;
    TRY_ASSIGN(first, read.number());
  }
  version.release_.push_back(first);
  while (scan.rest().size() > 1 && scan.peek() == '.' && is_digit(scan.rest()[1])) {
    scan.take(".");
    TRY_ASSIGN(const auto next, read.number());
    version.release_.push_back(next);
  }
  if (const auto word = read.word(kPre)) {
    TRY_ASSIGN(const auto number, read.optional_number());
    version.pre_ = {kPreLetters[*word], number};
  }
  if (scan.rest().size() > 1 && scan.peek() == '-' && is_digit(scan.rest()[1])) {
    scan.take("-");
    TRY_ASSIGN(version.post_, read.number());
  } else if (read.word(kPost)) {
    TRY_ASSIGN(version.post_, read.optional_number());
  }
  if (read.word(kDev)) {
    TRY_ASSIGN(version.dev_, read.optional_number());
  }
  if (scan.take("+")) {
    do {
      const auto part = scan.take_while(is_alphanumeric);
      if (part.empty()) return fail(read.error("a letter or digit of the local version"));
      if (std::all_of(part.begin(), part.end(), is_digit)) {
        TRY_ASSIGN(const auto number, read.value_of(part));
        version.local_.emplace_back(number);
      } else {
        version.local_.emplace_back(std::string(part));
      }
    } while (scan.take(".") || scan.take("-") || scan.take("_"));
  }
  if (!scan.done()) return fail(read.error("the end or a further part (PEP 440)"));
  return version;
}

std::string Version::public_text() const {
  std::string out = epoch_ == 0 ? std::string() : fmt::format("{}!", epoch_);
  out += fmt::format("{}", fmt::join(release_, "."));
  if (pre_) out += fmt::format("{}{}", pre_->first == 'c' ? "rc" : std::string(1, pre_->first), pre_->second);
  if (post_) out += fmt::format(".post{}", *post_);
  if (dev_) out += fmt::format(".dev{}", *dev_);
  return out;
}

std::string Version::local() const {
  std::string out;
  for (const auto& part : local_) {
    if (!out.empty()) out += '.';
    const auto* word = std::get_if<std::string>(&part);
    out += word != nullptr ? *word : std::to_string(std::get<std::uint64_t>(part));
  }
  return out;
}

std::string Version::text() const {
  return local_.empty() ? public_text() : public_text() + "+" + local();
}

Version Version::without_local() const {
  Version version = *this;
  version.local_.clear();
  return version;
}

Version Version::first_dev() const {
  Version version = without_local();
  version.dev_ = 0;
  return version;
}

bool Version::same_family(const Version& other) const {
  return epoch_ == other.epoch_ && std::is_eq(compare_releases(release_, other.release_)) &&
         pre_ == other.pre_;
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.epoch_ <=> b.epoch_; std::is_neq(order)) return order;
  if (const auto order = compare_releases(a.release_, b.release_); std::is_neq(order)) return order;
  const auto key = [](const Version& v) {
    return std::make_tuple(pre_key(v.pre_, v.post_.has_value(), v.dev_.has_value()), post_key(v.post_),
                           dev_key(v.dev_));
  };
  if (const auto order = key(a) <=> key(b); std::is_neq(order)) return order;
  return a.local_ <=> b.local_;  // fewer parts sort first
}

}  // namespace launch::specs
