#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "pytorch/channel.hpp"
#include "specs/version.hpp"

namespace launch::fuzz {
namespace {

using specs::Version;

void check_one(const Version& version) {
  const auto text = [](const Version& v) { return v.text(); };
  check_reads_back(version.text(), Version::parse, text);
  check_reads_back(version.public_text(), Version::parse, text);
  const auto again = Version::parse(version.text());
  require(*again == version, "a version equals its text", version.text());
  require(version.first_dev() <= version.without_local(), "its first dev release is not newer",
          version.text());
  require(version.without_local() <= version, "the local part never makes it older", version.text());
  require(version.same_family(version.first_dev()), "its first dev release is of its family", version.text());
  (void)pytorch::nightly_day(version);
}

void check_order(const Version& a, const Version& b, const Version& c) {
  require((a < b) == (b > a) && (a == b) == (b == a), "the order has one direction", a.text(), b.text());
  require((a < b) + (a == b) + (a > b) == 1, "exactly one of <, == and > holds", a.text(), b.text());
  if (a <= b && b <= c) require(a <= c, "the order is transitive", a.text(), c.text());
}

}  // namespace

/// Lines, each a version.
void fuzz_version(std::string_view bytes) {
  constexpr std::size_t kMost = 8;
  std::vector<Version> versions;
  for (const auto line : lines(bytes)) {
    if (versions.size() == kMost) break;
    auto version = Version::parse(line);
    if (!parsed(version)) continue;
    check_one(*version);
    versions.push_back(*std::move(version));
  }
  for (const auto& a : versions) {
    for (const auto& b : versions) {
      for (const auto& c : versions) check_order(a, b, c);
    }
  }
}

}  // namespace launch::fuzz
